package dev.gantry.controlplane.resource.patch;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ApiException;
import java.util.List;

/** JSON Patch (RFC 6902). */
final class JsonPatch {
    /** As Kubernetes: a patch of more operations is a mistake or an attack. */
    private static final int MAXIMUM_OPERATIONS = 10_000;

    private JsonPatch() {}

    static JsonNode apply(JsonNode target, JsonNode patch) {
        if (!patch.isArray()) {
            throw ApiException.badRequest("a JSON patch is a list of operations, see RFC 6902");
        }
        if (patch.size() > MAXIMUM_OPERATIONS) {
            throw new ApiException(
                    413,
                    "RequestEntityTooLarge",
                    "a JSON patch may have at most %d operations".formatted(MAXIMUM_OPERATIONS));
        }
        JsonNode result = target.deepCopy();
        for (JsonNode operation : patch) {
            result = apply(result, operation, operation.path("op").asText());
        }
        return result;
    }

    private static JsonNode apply(JsonNode document, JsonNode operation, String op) {
        JsonPointer path = pointer(operation, "path");
        return switch (op) {
            case "add" -> add(document, path, value(operation));
            case "replace" -> {
                require(document, path, op);
                yield path.matches() ? value(operation) : add(remove(document, path, op), path, value(operation));
            }
            case "remove" -> remove(document, path, op);
            case "copy" -> {
                JsonPointer from = pointer(operation, "from");
                yield add(document, path, require(document, from, op).deepCopy());
            }
            case "move" -> {
                JsonPointer from = pointer(operation, "from");
                JsonNode moved = require(document, from, op);
                yield add(remove(document, from, op), path, moved);
            }
            case "test" -> {
                JsonNode found = document.at(path);
                if (!same(found, value(operation))) {
                    throw unfit("testing value %s failed: it is %s".formatted(path, found));
                }
                yield document;
            }
            default -> throw ApiException.badRequest("unknown operation \"%s\" in the JSON patch".formatted(op));
        };
    }

    /** Numbers are the same when their values are (RFC 6902, section 4.6). */
    private static boolean same(JsonNode one, JsonNode other) {
        return one.equals(other)
                || (one.isNumber() && other.isNumber() && one.decimalValue().compareTo(other.decimalValue()) == 0);
    }

    private static JsonNode add(JsonNode document, JsonPointer path, JsonNode value) {
        if (path.matches()) {
            return value;
        }
        JsonNode parent = document.at(path.head());
        String key = path.last().getMatchingProperty();
        switch (parent) {
            case ObjectNode object -> object.set(key, value);
            case ArrayNode array -> {
                int index = key.equals("-") ? array.size() : path.last().getMatchingIndex();
                if (index < 0 || index > array.size()) {
                    throw unfit("index %s of %s is out of bounds".formatted(key, path));
                }
                array.insert(index, value);
            }
            default -> throw unfit("%s does not exist, so nothing can be added to it".formatted(path.head()));
        }
        return document;
    }

    private static JsonNode remove(JsonNode document, JsonPointer path, String op) {
        require(document, path, op);
        if (path.matches()) {
            throw unfit("the whole document cannot be removed");
        }
        switch (document.at(path.head())) {
            case ObjectNode object -> object.remove(List.of(path.last().getMatchingProperty()));
            case ArrayNode array -> array.remove(path.last().getMatchingIndex());
            default -> throw unfit("%s does not exist".formatted(path));
        }
        return document;
    }

    private static JsonNode require(JsonNode document, JsonPointer path, String op) {
        JsonNode found = document.at(path);
        if (found.isMissingNode()) {
            throw unfit("%s operation does not apply: %s does not exist".formatted(op, path));
        }
        return found;
    }

    private static JsonPointer pointer(JsonNode operation, String field) {
        if (!operation.path(field).isTextual()) {
            throw ApiException.badRequest(
                    "an operation of the JSON patch lacks \"%s\": %s".formatted(field, operation));
        }
        try {
            return JsonPointer.compile(operation.path(field).asText());
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("\"%s\" is no JSON pointer (RFC 6901)"
                    .formatted(operation.path(field).asText()));
        }
    }

    private static JsonNode value(JsonNode operation) {
        JsonNode value = operation.get("value");
        if (value == null) {
            throw ApiException.badRequest("an operation of the JSON patch lacks \"value\": " + operation);
        }
        return value.deepCopy();
    }

    private static ApiException unfit(String message) {
        return new ApiException(
                422, "Invalid", "the server rejected our request due to an error in our request: " + message);
    }
}
