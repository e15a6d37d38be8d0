package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.http.AccessRequest;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Failures;
import dev.gantry.controlplane.http.Handler;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.ApiException;
import java.io.IOException;
import java.util.Locale;

/** Everything beneath /v2/ (OCI distribution specification 1.1), for those who may. Its errors are the specification's. */
final class RegistryHandler implements Handler {
    private final Authorizer authorizer;
    private final BlobEndpoint blobs;
    private final UploadEndpoint uploads;
    private final ManifestEndpoint manifests;

    RegistryHandler(Authorizer authorizer, BlobEndpoint blobs, UploadEndpoint uploads, ManifestEndpoint manifests) {
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
        this.blobs = requireNonNull(blobs, "blobs is null");
        this.uploads = requireNonNull(uploads, "uploads is null");
        this.manifests = requireNonNull(manifests, "manifests is null");
    }

    @Override
    public Response handle(Request request) {
        try {
            AccessRequest access = AccessRequest.ofPath(request.method().toLowerCase(Locale.ROOT), request.path());
            if (!authorizer.allows(request.user(), access)) {
                throw new Refusal(
                        403,
                        "DENIED",
                        "%s may not %s %s".formatted(request.user().name(), request.method(), request.path()));
            }
            return answer(request).withHeader("docker-distribution-api-version", "registry/2.0");
        } catch (Refusal refusal) {
            return refusal.toResponse();
        } catch (IOException | RuntimeException e) {
            ApiException failure = Failures.toApiException(e);
            return Response.json(failure.code(), body(failure));
        }
    }

    /** A refusal of the gate or of the store, in the registry's words. */
    static byte[] body(ApiException failure) {
        String code = switch (failure.code()) {
            case 401 -> "UNAUTHORIZED";
            case 403 -> "DENIED";
            case 429 -> "TOOMANYREQUESTS";
            case 503, 504 -> "UNAVAILABLE";
            default -> "UNKNOWN";
        };
        return Refusal.body(code, String.valueOf(failure.getMessage()));
    }

    private Response answer(Request request) throws IOException {
        RegistryPath path = RegistryPath.parse(request.path());
        String method = request.method();
        return switch (path) {
            case RegistryPath.Version version when method.equals("GET") -> Response.json(200, new byte[] {'{', '}'});
            case RegistryPath.OfBlob blob when method.equals("GET") -> blobs.get(request, blob);
            case RegistryPath.OfManifest manifest ->
                switch (method) {
                    case "GET" -> manifests.get(request, manifest);
                    case "PUT" -> manifests.put(request, manifest);
                    case "DELETE" -> manifests.delete(manifest);
                    default -> throw notThere(request);
                };
            case RegistryPath.OfUploads begun when method.equals("POST") -> uploads.begin(request, begun);
            case RegistryPath.OfUpload upload ->
                switch (method) {
                    case "GET" -> uploads.status(request, upload);
                    case "PATCH" -> uploads.append(request, upload);
                    case "PUT" -> uploads.finish(request, upload);
                    case "DELETE" -> uploads.cancel(request, upload);
                    default -> throw notThere(request);
                };
            case RegistryPath.OfTags tags when method.equals("GET") -> manifests.tags(request, tags);
            // blobs are shared by all repositories, and collected when no manifest names them
            default -> throw notThere(request);
        };
    }

    private static Refusal notThere(Request request) {
        return Refusal.unsupported("the registry has no %s of %s".formatted(request.method(), request.path()));
    }
}
