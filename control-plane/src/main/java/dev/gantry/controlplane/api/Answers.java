package dev.gantry.controlplane.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.ServedKind;
import java.util.List;

/** JSON answers. */
final class Answers {
    private Answers() {}

    static Response json(int status, JsonNode tree, List<String> warnings) {
        Response response = Response.json(status, Json.write(tree));
        for (String warning : warnings) {
            response = response.withHeader("warning", "299 - \"%s\"".formatted(escape(warning)));
        }
        return response;
    }

    static Response json(JsonNode tree) {
        return json(200, tree, List.of());
    }

    /** Kubernetes' answer to a deletion that is complete. */
    static ObjectNode success(ServedKind served, String name, String uid) {
        ObjectNode status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success");
        ObjectNode details = status.putObject("details").put("name", name);
        if (!served.version().group().isEmpty()) {
            details.put("group", served.version().group());
        }
        details.put("kind", served.kind().plural()).put("uid", uid);
        return status;
    }

    private static String escape(String warning) {
        return warning.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("[\\p{Cntrl}]", " ");
    }
}
