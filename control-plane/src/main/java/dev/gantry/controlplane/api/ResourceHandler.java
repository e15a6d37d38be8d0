package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.http.AccessRequest;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Handler;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.ResourceWriter.Part;
import dev.gantry.controlplane.resource.ServedKind;

/** Every path of a resource: authorises, then hands it to who answers it. */
final class ResourceHandler implements Handler {
    private final ResourceEngine engine;
    private final Authorizer authorizer;
    private final Reads reads;
    private final Watches watches;
    private final Writes writes;
    private final Scales scales;
    private final PodSubresources pods;

    ResourceHandler(ResourceEngine engine, Authorizer authorizer, PodSubresources pods) {
        this.engine = requireNonNull(engine, "engine is null");
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
        this.pods = requireNonNull(pods, "pods is null");
        this.reads = new Reads(engine);
        this.watches = new Watches(engine);
        this.writes = new Writes(engine);
        this.scales = new Scales(engine);
    }

    @Override
    public Response handle(Request request) throws Exception {
        ResourcePath path = ResourcePath.parse(request.path());
        ServedKind served = engine.kinds()
                .find(path.group(), path.version(), path.plural())
                .orElseThrow(() -> new ApiException(
                        404, "NotFound", "the server could not find the requested resource: " + request.path()));
        if (served.kind().namespaced() && path.namespace() == null && path.name() != null) {
            throw new ApiException(
                    404, "NotFound", "%s lie in namespaces: %s has none".formatted(path.plural(), request.path()));
        }
        if (!served.kind().namespaced() && path.namespace() != null) {
            throw new ApiException(
                    404, "NotFound", "%s do not lie in namespaces: %s".formatted(path.plural(), request.path()));
        }
        if (served.kind().namespaced()
                && path.namespace() == null
                && !request.method().equals("GET")) {
            throw new ApiException(
                    405,
                    "MethodNotAllowed",
                    "%s lie in namespaces: use /namespaces/NAMESPACE/%s".formatted(path.plural(), path.plural()));
        }
        ResourceCall call = ResourceCall.of(request, path, served);
        authorize(call);
        return answer(call);
    }

    private void authorize(ResourceCall call) {
        Request request = call.request();
        ResourcePath path = call.path();
        AccessRequest access = new AccessRequest(
                verb(call),
                path.group(),
                path.plural(),
                path.subresource(),
                path.namespace(),
                path.name(),
                request.path());
        if (!authorizer.allows(request.user(), access)) {
            throw new ApiException(
                    403,
                    "Forbidden",
                    "%s is forbidden: User \"%s\" cannot %s resource \"%s%s\" in API group \"%s\"%s"
                            .formatted(
                                    path.plural(),
                                    request.user().name(),
                                    access.verb(),
                                    path.plural(),
                                    path.subresource().isEmpty() ? "" : "/" + path.subresource(),
                                    path.group(),
                                    path.namespace() == null
                                            ? ""
                                            : " in the namespace \"%s\"".formatted(path.namespace())));
        }
    }

    /** Streams are authorised as the writes that they are, also where a WebSocket makes them a GET. */
    private static String verb(ResourceCall call) {
        boolean collection = call.path().name() == null;
        return switch (call.request().method()) {
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> collection ? "deletecollection" : "delete";
            default ->
                PodSubresources.STREAMS.contains(call.path().subresource())
                        ? "create"
                        : call.flag("watch") ? "watch" : collection ? "list" : "get";
        };
    }

    private Response answer(ResourceCall call) throws Exception {
        String subresource = call.path().subresource();
        return switch (subresource) {
            case "" -> object(call);
            case "status" -> {
                if (!call.served().kind().hasStatus()) {
                    throw noSubresource(call);
                }
                yield part(call, Part.STATUS);
            }
            case "finalize" -> part(call, Part.FINALIZE);
            case "scale" ->
                switch (call.request().method()) {
                    case "GET" -> scales.get(call);
                    case "PUT" -> scales.update(call);
                    case "PATCH" -> scales.patch(call);
                    default -> throw notAllowed(call);
                };
            default -> {
                if (!call.served().kind().otherSubresources().contains(subresource)) {
                    throw noSubresource(call);
                }
                yield pods.handle(call);
            }
        };
    }

    private Response object(ResourceCall call) throws Exception {
        boolean collection = call.path().name() == null;
        return switch (call.request().method()) {
            case "GET" -> call.flag("watch") ? watch(call) : collection ? reads.list(call) : reads.get(call);
            case "POST" -> {
                if (!collection) {
                    throw notAllowed(call);
                }
                yield writes.create(call);
            }
            case "PUT" -> writes.update(call, Part.OBJECT);
            case "PATCH" -> writes.patch(call, Part.OBJECT);
            case "DELETE" -> collection ? writes.deleteCollection(call) : writes.delete(call);
            default -> throw notAllowed(call);
        };
    }

    private Response watch(ResourceCall call) {
        if (call.path().name() != null) {
            throw ApiException.badRequest("watch the collection with fieldSelector=metadata.name="
                    + call.path().name());
        }
        return watches.watch(call);
    }

    private Response part(ResourceCall call, Part part) throws Exception {
        return switch (call.request().method()) {
            case "GET" -> reads.get(call);
            case "PUT" -> writes.update(call, part);
            case "PATCH" -> writes.patch(call, part);
            default -> throw notAllowed(call);
        };
    }

    static ApiException notAllowed(ResourceCall call) {
        return new ApiException(
                405,
                "MethodNotAllowed",
                "the server does not allow %s on %s"
                        .formatted(call.request().method(), call.request().path()));
    }

    private static ApiException noSubresource(ResourceCall call) {
        return new ApiException(
                404,
                "NotFound",
                "%s have no subresource \"%s\""
                        .formatted(call.path().plural(), call.path().subresource()));
    }
}
