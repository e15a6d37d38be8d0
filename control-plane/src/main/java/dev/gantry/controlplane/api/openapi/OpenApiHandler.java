package dev.gantry.controlplane.api.openapi;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.KindTable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Answers with the documents, which are made when first asked for, and again after kinds have come or gone. They are kept compressed, as nearly every
 * client asks for them.
 */
public final class OpenApiHandler {
    private static final String V2_PROTOBUF = "v2 as protobuf";
    private static final String V2_JSON = "v2 as JSON";

    private final KindTable kinds;
    private final String version;
    private volatile Generation generation = new Generation(-1, Map.of());

    /** @param version of this build */
    public OpenApiHandler(KindTable kinds, String version) {
        this.kinds = requireNonNull(kinds, "kinds is null");
        this.version = requireNonNull(version, "version is null");
    }

    /** What was made of the kinds of one revision of their table. */
    private record Generation(long revision, Map<String, Rendered> documents) {}

    public void addTo(Routes routes) {
        routes.get("/openapi/v2", this::v2);
        routes.get("/openapi/v3", this::index);
        routes.get("/openapi/v3/**", this::v3);
    }

    private Response v2(Request request) {
        boolean protobuf = request.header("accept").orElse("").contains("protobuf");
        Rendered document = protobuf
                ? document(V2_PROTOBUF, () -> SwaggerProtobuf.document(OpenApi.v2(kinds, version)))
                : document(V2_JSON, () -> Json.write(OpenApi.v2(kinds, version)));
        return document.answer(request, protobuf ? SwaggerProtobuf.MEDIA_TYPE : "application/json");
    }

    /** Which documents there are, each with a hash by which clients keep it. */
    private Response index(Request request) {
        ObjectNode index = Json.object();
        ObjectNode paths = index.putObject("paths");
        for (String name : OpenApi.names(kinds)) {
            paths.putObject(name).put("serverRelativeURL", "/openapi/v3/%s?hash=%s".formatted(name, v3(name).hash()));
        }
        return Response.json(200, Json.write(index));
    }

    private Response v3(Request request) {
        String name = request.path().substring("/openapi/v3/".length());
        if (!OpenApi.names(kinds).contains(name)) {
            throw new ApiException(404, "NotFound", "no version of a group is served as " + name);
        }
        Response answer = v3(name).answer(request, "application/json");
        boolean named = request.query("hash").filter(v3(name).hash()::equals).isPresent();
        // a document of this hash never changes, whatever is served later
        return named ? answer.withHeader("cache-control", "public, max-age=31536000, immutable") : answer;
    }

    private Rendered v3(String name) {
        return document(name, () -> Json.write(OpenApi.v3(kinds, name, version)));
    }

    private Rendered document(String name, Supplier<byte[]> content) {
        long revision = kinds.revision();
        Generation current = generation;
        if (current.revision() != revision) {
            current = new Generation(revision, new ConcurrentHashMap<>());
            generation = current;
        }
        return current.documents().computeIfAbsent(name, key -> Rendered.of(content.get()));
    }
}
