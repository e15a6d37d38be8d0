package dev.gantry.controlplane.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.yaml.YamlDocument;
import dev.gantry.common.yaml.YamlException;
import dev.gantry.common.yaml.YamlParser;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.protobuf.ProtobufBody;
import dev.gantry.controlplane.resource.protobuf.ProtobufException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Request bodies: JSON, Kubernetes' protobuf, or YAML for whole objects, bounded in size and depth. A missing content type means JSON, as old clients
 * send none.
 */
final class Bodies {
    /** Bytes: the store takes 1.5 MiB of an object; a patch may be larger than what it leaves. */
    private static final int LIMIT = 3 * 1024 * 1024;

    private static final List<String> YAML = List.of("application/yaml", "application/x-yaml", "text/yaml");

    private Bodies() {}

    /** @param strict whether a key that is there twice is an error */
    static ObjectNode object(Request request, boolean strict) throws IOException {
        if (tree(request, strict) instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.badRequest("the body must be one JSON object");
    }

    static JsonNode tree(Request request, boolean strict) throws IOException {
        if (YAML.contains(contentType(request))) {
            return yaml(request.readBody(LIMIT));
        }
        if (isProtobuf(request)) {
            return protobuf(request.readBody(LIMIT));
        }
        return read(requireJson(request).readBody(LIMIT), strict);
    }

    /** For a body that is YAML or JSON, whatever its content type. */
    static ObjectNode yamlObject(Request request) throws IOException {
        if (yaml(request.readBody(LIMIT)) instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.badRequest("the body must be one object in YAML or JSON");
    }

    /** For a body whose content type says what kind of JSON it is. */
    static JsonNode untyped(Request request) throws IOException {
        return read(request.readBody(LIMIT), false);
    }

    /** Empty when there is no body. */
    static ObjectNode optionalObject(Request request) throws IOException {
        byte[] bytes = request.readBody(LIMIT);
        if (bytes.length == 0) {
            return Json.object();
        }
        if (isProtobuf(request)) {
            return protobuf(bytes);
        }
        requireJson(request);
        if (read(bytes, false) instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.badRequest("the body must be one JSON object");
    }

    private static JsonNode yaml(byte[] bytes) {
        try {
            List<YamlDocument> documents = YamlParser.parse(new String(bytes, StandardCharsets.UTF_8));
            if (documents.size() != 1) {
                throw ApiException.badRequest(
                        "the body must be one YAML document, but has %d".formatted(documents.size()));
            }
            return documents.getFirst().root();
        } catch (YamlException e) {
            throw ApiException.badRequest("the body is not YAML that can be read: %s (line %d, column %d)"
                    .formatted(e.getMessage(), e.position().line(), e.position().column()));
        }
    }

    private static JsonNode read(byte[] bytes, boolean strict) {
        try {
            return Json.read(bytes, strict);
        } catch (IOException e) {
            throw ApiException.badRequest("the body is not JSON that can be read: " + e.getMessage());
        }
    }

    private static boolean isProtobuf(Request request) {
        return contentType(request).equals(ProtobufBody.MEDIA_TYPE);
    }

    private static ObjectNode protobuf(byte[] bytes) {
        try {
            return ProtobufBody.read(bytes);
        } catch (ProtobufException e) {
            if (!e.isUnknownKind()) {
                throw ApiException.badRequest(e.what());
            }
            throw new ApiException(
                    415,
                    "UnsupportedMediaType",
                    e.what()
                            + " - accepted media types include: application/json, application/yaml; with kubectl, write a manifest"
                            + " (--dry-run=client -o yaml) and apply it (kubectl apply -f)");
        }
    }

    private static Request requireJson(Request request) {
        String type = contentType(request);
        if (!type.isEmpty() && !type.equals("application/json")) {
            throw new ApiException(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, "
                            + ProtobufBody.MEDIA_TYPE);
        }
        return request;
    }

    static String contentType(Request request) {
        return request.header("content-type").orElse("").split(";", 2)[0].strip();
    }

    static List<String> accepted(Request request) {
        return List.of(request.header("accept").orElse("").split(",", -1));
    }
}
