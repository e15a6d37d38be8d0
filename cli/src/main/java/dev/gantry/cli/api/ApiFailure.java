package dev.gantry.cli.api;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What the API server answered instead of what was asked: a Kubernetes Status. */
public final class ApiFailure extends RuntimeException {
    private final int code;
    private final String reason;
    private final transient List<Cause> causes;

    ApiFailure(int code, String reason, String message, List<Cause> causes) {
        super(requireNonNull(message, "message is null"));
        this.code = code;
        this.reason = requireNonNull(reason, "reason is null");
        this.causes = List.copyOf(causes);
    }

    /** The HTTP status. */
    public int code() {
        return code;
    }

    public String reason() {
        return reason;
    }

    public List<Cause> causes() {
        return causes;
    }

    public boolean notFound() {
        return code == 404;
    }

    /** Whether the changes that were asked for are not kept any more. */
    public boolean expired() {
        return code == 410;
    }

    /** One problem. @param field the field's path, may be empty */
    public record Cause(String field, String message) {}
}
