package dev.gantry.controlplane.api.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.ServedKind;
import java.util.List;

/**
 * The paths of a kind. Clients look for the query parameters that a patch takes before they ask for a trial run or for strict validation; generators of
 * client code look for the rest.
 */
final class Operations {
    static final String GROUP_VERSION_KIND = "x-kubernetes-group-version-kind";

    private static final List<String> WRITE_PARAMETERS = List.of("dryRun", "fieldManager", "fieldValidation");
    private static final List<String> LIST_PARAMETERS = List.of(
            "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "timeoutSeconds", "watch");

    private final Dialect dialect;
    private final ServedKind kind;
    private final String definition;

    /** @param definition the name of the kind's schema */
    Operations(Dialect dialect, ServedKind kind, String definition) {
        this.dialect = dialect;
        this.kind = kind;
        this.definition = definition;
    }

    static ObjectNode groupVersionKind(ServedKind kind) {
        return Json.object()
                .put("group", kind.version().group())
                .put("kind", kind.kind().kind())
                .put("version", kind.version().version());
    }

    void addTo(ObjectNode paths) {
        String root = (kind.version().group().isEmpty() ? "/api/" : "/apis/")
                + kind.version().apiVersion();
        String plural = kind.kind().plural();
        if (kind.kind().namespaced()) {
            ObjectNode everywhere = paths.putObject(root + "/" + plural);
            operation(everywhere, "get", "list", "ForAllNamespaces", LIST_PARAMETERS);
        }
        String collection = root + (kind.kind().namespaced() ? "/namespaces/{namespace}/" : "/") + plural;
        ObjectNode all = item(paths, collection, false);
        operation(all, "get", "list", "", LIST_PARAMETERS);
        operation(all, "post", "create", "", WRITE_PARAMETERS);
        operation(all, "delete", "deletecollection", "", LIST_PARAMETERS);
        ObjectNode one = item(paths, collection + "/{name}", true);
        operation(one, "get", "read", "", List.of());
        operation(one, "put", "replace", "", WRITE_PARAMETERS);
        operation(one, "patch", "patch", "", plus(WRITE_PARAMETERS, "force"));
        operation(one, "delete", "delete", "", List.of("dryRun", "gracePeriodSeconds", "propagationPolicy"));
        if (kind.kind().hasStatus()) {
            ObjectNode status = item(paths, collection + "/{name}/status", true);
            operation(status, "get", "read", "Status", List.of());
            operation(status, "put", "replace", "Status", WRITE_PARAMETERS);
            operation(status, "patch", "patch", "Status", plus(WRITE_PARAMETERS, "force"));
        }
    }

    private static List<String> plus(List<String> list, String more) {
        return java.util.stream.Stream.concat(list.stream(), java.util.stream.Stream.of(more))
                .toList();
    }

    private ObjectNode item(ObjectNode paths, String path, boolean named) {
        ObjectNode item = paths.putObject(path);
        ArrayNode parameters = item.putArray("parameters");
        if (named) {
            parameter(parameters, "path", "name", "string");
        }
        if (kind.kind().namespaced()) {
            parameter(parameters, "path", "namespace", "string");
        }
        return item;
    }

    private void operation(ObjectNode item, String method, String action, String suffix, List<String> queries) {
        ObjectNode operation = item.putObject(method);
        operation.put("operationId", action + id() + suffix);
        ArrayNode parameters = operation.putArray("parameters");
        boolean hasBody = List.of("post", "put", "patch").contains(method);
        // a patch has a form of its own
        ObjectNode body = method.equals("patch")
                ? Json.object().put("type", "object")
                : Json.object().put("$ref", dialect.reference(definition));
        if (hasBody && dialect == Dialect.V2) {
            ObjectNode parameter = parameters.addObject();
            parameter.put("in", "body").put("name", "body").put("required", true);
            parameter.set("schema", body);
        } else if (hasBody) {
            ObjectNode content =
                    operation.putObject("requestBody").put("required", true).putObject("content");
            content.putObject(method.equals("patch") ? "application/strategic-merge-patch+json" : "application/json")
                    .set("schema", body);
        }
        queries.forEach(query -> parameter(parameters, "query", query, type(query)));
        operation
                .putObject("responses")
                .putObject(method.equals("post") ? "201" : "200")
                .put("description", method.equals("post") ? "Created" : "OK");
        operation.put("x-kubernetes-action", action.equals("read") ? "get" : action.equals("replace") ? "put" : action);
        operation.set(GROUP_VERSION_KIND, groupVersionKind(kind));
    }

    private String id() {
        String group = kind.version().group().isEmpty()
                ? "Core"
                : capital(kind.version().group().split("\\.", 2)[0]);
        return group
                + capital(kind.version().version())
                + (kind.kind().namespaced() ? "Namespaced" : "")
                + kind.kind().kind();
    }

    private static String capital(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    private static String type(String query) {
        return switch (query) {
            case "limit", "timeoutSeconds", "gracePeriodSeconds" -> "integer";
            case "watch", "force" -> "boolean";
            default -> "string";
        };
    }

    private void parameter(ArrayNode parameters, String in, String name, String type) {
        ObjectNode parameter = parameters.addObject().put("in", in).put("name", name);
        if (in.equals("path")) {
            parameter.put("required", true);
        }
        if (dialect == Dialect.V2) {
            parameter.put("type", type).put("uniqueItems", true);
        } else {
            parameter.putObject("schema").put("type", type).put("uniqueItems", true);
        }
    }
}
