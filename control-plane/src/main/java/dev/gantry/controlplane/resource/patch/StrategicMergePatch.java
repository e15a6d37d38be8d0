package dev.gantry.controlplane.resource.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.patch.MergeKeys;
import dev.gantry.controlplane.resource.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' strategic merge patch (SIG API Machinery, "Strategic Merge Patch"): as a merge patch, but lists with a merge key are merged element by
 * element, and directives say more: {@code $patch} (replace, delete, merge), {@code $retainKeys}, {@code $setElementOrder/list} and {@code
 * $deleteFromPrimitiveList/list}.
 */
final class StrategicMergePatch {
    private static final String PATCH = "$patch";
    private static final String RETAIN_KEYS = "$retainKeys";
    private static final String ORDER = "$setElementOrder/";
    private static final String DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";

    private StrategicMergePatch() {}

    static JsonNode apply(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes)) {
            throw ApiException.badRequest("a strategic merge patch is an object");
        }
        return mergeObject(target, changes, "");
    }

    /** @param name the field that holds the object: the parent of its own lists */
    private static ObjectNode mergeObject(JsonNode target, ObjectNode patch, String name) {
        String directive = patch.path(PATCH).asText("merge");
        if (directive.equals("replace")) {
            return withoutDirectives(patch);
        }
        if (directive.equals("delete")) {
            return JsonNodeFactory.instance.objectNode();
        }
        if (!directive.equals("merge")) {
            throw ApiException.badRequest(
                    "unknown $patch directive \"%s\": expected replace, delete or merge".formatted(directive));
        }
        ObjectNode result =
                target instanceof ObjectNode object ? object.deepCopy() : JsonNodeFactory.instance.objectNode();
        retainKeys(result, patch);
        deletePrimitives(result, patch);
        patch.properties().forEach(entry -> {
            if (!isDirective(entry.getKey())) {
                mergeField(result, name, entry.getKey(), entry.getValue());
            }
        });
        order(result, patch, name);
        return result;
    }

    private static void mergeField(ObjectNode result, String parent, String field, JsonNode change) {
        switch (change) {
            case JsonNode gone when gone.isNull() -> result.remove(field);
            case ObjectNode object -> {
                ObjectNode merged = mergeObject(result.path(field), object, field);
                if (object.path(PATCH).asText().equals("delete")) {
                    result.remove(field);
                } else {
                    result.set(field, merged);
                }
            }
            case ArrayNode list -> result.set(field, mergeList(result.path(field), list, parent, field));
            default -> result.set(field, change.deepCopy());
        }
    }

    private static ArrayNode mergeList(JsonNode target, ArrayNode patch, String parent, String field) {
        @Nullable String key = MergeKeys.of(parent, field);
        ArrayNode existing = target instanceof ArrayNode list ? list : JsonNodeFactory.instance.arrayNode();
        if (key != null) {
            return mergeByKey(existing, patch, field, key);
        }
        ArrayNode result = JsonNodeFactory.instance.arrayNode();
        if (MergeKeys.mergesPrimitives(parent, field)) {
            result.addAll(existing);
            patch.forEach(value -> {
                if (!contains(result, value)) {
                    result.add(value);
                }
            });
            return result;
        }
        patch.forEach(element -> {
            if (!element.has(PATCH)) {
                result.add(element instanceof ObjectNode object ? withoutDirectives(object) : element.deepCopy());
            }
        });
        return result;
    }

    private static ArrayNode mergeByKey(ArrayNode existing, ArrayNode patch, String field, String key) {
        boolean replace = false;
        for (JsonNode element : patch) {
            replace |= element.path(PATCH).asText().equals("replace") && !element.has(key);
        }
        List<JsonNode> result = new ArrayList<>();
        if (!replace) {
            existing.forEach(result::add);
        }
        for (JsonNode element : patch) {
            if (replace && element.path(PATCH).asText().equals("replace")) {
                continue;
            }
            if (!(element instanceof ObjectNode change) || !change.has(key)) {
                throw ApiException.badRequest(
                        "an element of %s in the patch lacks its merge key \"%s\": %s".formatted(field, key, element));
            }
            int at = indexOf(result, key, change.path(key));
            if (change.path(PATCH).asText().equals("delete")) {
                result.removeIf(candidate -> candidate.path(key).equals(change.path(key)));
            } else if (at < 0) {
                result.add(mergeObject(JsonNodeFactory.instance.objectNode(), change, field));
            } else {
                result.set(at, mergeObject(result.get(at), change, field));
            }
        }
        return JsonNodeFactory.instance.arrayNode().addAll(result);
    }

    /** Removes whatever {@code $retainKeys} does not name: the other members of a union. */
    private static void retainKeys(ObjectNode result, ObjectNode patch) {
        if (patch.get(RETAIN_KEYS) instanceof ArrayNode keys) {
            Set<String> kept = new TreeSet<>();
            keys.forEach(key -> kept.add(key.asText()));
            result.retain(kept);
        }
    }

    private static void deletePrimitives(ObjectNode result, ObjectNode patch) {
        patch.properties().forEach(entry -> {
            if (entry.getKey().startsWith(DELETE_PRIMITIVES)) {
                String field = entry.getKey().substring(DELETE_PRIMITIVES.length());
                if (result.get(field) instanceof ArrayNode list) {
                    ArrayNode kept = JsonNodeFactory.instance.arrayNode();
                    list.forEach(value -> {
                        if (!contains(entry.getValue(), value)) {
                            kept.add(value);
                        }
                    });
                    result.set(field, kept);
                }
            }
        });
    }

    /**
     * Elements named in {@code $setElementOrder} stand in its order; the others, which only the server knows, keep their place relative to the
     * element before them.
     */
    private static void order(ObjectNode result, ObjectNode patch, String parent) {
        patch.properties().forEach(entry -> {
            if (!entry.getKey().startsWith(ORDER)) {
                return;
            }
            String field = entry.getKey().substring(ORDER.length());
            if (result.get(field) instanceof ArrayNode list) {
                result.set(field, ordered(list, entry.getValue(), MergeKeys.of(parent, field)));
            }
        });
    }

    private static ArrayNode ordered(ArrayNode list, JsonNode order, @Nullable String key) {
        List<JsonNode> named = new ArrayList<>();
        for (JsonNode position : order) {
            find(list, position, key).ifPresent(named::add);
        }
        List<JsonNode> result = new ArrayList<>(named);
        @Nullable JsonNode before = null;
        for (JsonNode element : list) {
            if (!named.contains(element)) {
                int at = before == null ? 0 : result.indexOf(before) + 1;
                result.add(at, element);
            }
            before = element;
        }
        return JsonNodeFactory.instance.arrayNode().addAll(result);
    }

    private static Optional<JsonNode> find(ArrayNode list, JsonNode position, @Nullable String key) {
        for (JsonNode element : list) {
            if (key == null ? element.equals(position) : element.path(key).equals(position.path(key))) {
                return Optional.of(element);
            }
        }
        return Optional.empty();
    }

    private static int indexOf(List<JsonNode> list, String key, JsonNode value) {
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i).path(key).equals(value)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean contains(JsonNode list, JsonNode value) {
        for (JsonNode element : list) {
            if (element.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static ObjectNode withoutDirectives(ObjectNode patch) {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        patch.properties().forEach(entry -> {
            if (!isDirective(entry.getKey())) {
                JsonNode value = entry.getValue();
                result.set(
                        entry.getKey(),
                        value instanceof ObjectNode object ? withoutDirectives(object) : value.deepCopy());
            }
        });
        return result;
    }

    private static boolean isDirective(String field) {
        return field.equals(PATCH)
                || field.equals(RETAIN_KEYS)
                || field.startsWith(ORDER)
                || field.startsWith(DELETE_PRIMITIVES);
    }
}
