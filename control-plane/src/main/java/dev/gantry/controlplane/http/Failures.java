package dev.gantry.controlplane.http;

import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.store.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a client is told about a failure. Faults of our own are logged with an id and told without details. */
public final class Failures {
    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    static Response toResponse(Throwable failure) {
        ApiException refusal = toApiException(failure);
        Response response = Response.json(refusal.code(), StatusBody.of(refusal));
        return refusal.code() == 503 || refusal.code() == 429 ? response.withHeader("retry-after", "1") : response;
    }

    public static ApiException toApiException(Throwable failure) {
        return switch (failure) {
            case ApiException refusal -> refusal;
            case StoreException.AlreadyExists e -> new ApiException(409, "AlreadyExists", message(e));
            case StoreException.NotFound e -> new ApiException(404, "NotFound", message(e));
            case StoreException.Conflict e ->
                new ApiException(
                        409,
                        "Conflict",
                        message(e) + "; please apply your changes to the latest version and try again");
            case StoreException.TooLarge e -> new ApiException(413, "RequestEntityTooLarge", message(e));
            case StoreException.Unavailable e -> new ApiException(503, "ServiceUnavailable", message(e));
            case StoreException.Deposed e -> new ApiException(503, "ServiceUnavailable", message(e));
            case StoreException.OutcomeUnknown e ->
                new ApiException(504, "Timeout", "the outcome of the write is unknown: " + message(e));
            case StoreException.RevisionNotReached e -> new ApiException(504, "Timeout", message(e));
            case StoreException.Expired e -> new ApiException(410, "Expired", message(e));
            default -> internal(failure);
        };
    }

    private static ApiException internal(Throwable failure) {
        String id = Long.toHexString(System.nanoTime());
        log.error("A request failed by a fault of this server [{}]", id, failure);
        return new ApiException(
                500, "InternalError", "an internal error occurred; the server's log has it under [" + id + "]");
    }

    private static String message(StoreException failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
