package dev.gantry.cli.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.patch.MergeKeys;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The strategic merge patch that brings a live object to a manifest: fields that the manifest has are set, fields that only the manifest applied before
 * had are removed, all others are left to whoever set them. Lists with a merge key are merged by it, others are replaced whole. Kubernetes documents
 * the rules under "Declarative Management of Kubernetes Objects". Pure.
 */
final class ThreeWayPatch {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ThreeWayPatch() {}

    /**
     * @param last the manifest applied before; null for none
     * @return an empty object when nothing needs to change
     */
    static ObjectNode between(@Nullable ObjectNode last, ObjectNode wanted, ObjectNode live) {
        return object("", last == null ? JSON.objectNode() : last, wanted, live);
    }

    /** @param name the field that holds the object: the parent of its own lists */
    private static ObjectNode object(String name, ObjectNode last, ObjectNode wanted, ObjectNode live) {
        ObjectNode patch = JSON.objectNode();
        wanted.properties().forEach(entry -> {
            String field = entry.getKey();
            JsonNode change = value(name, field, last.get(field), entry.getValue(), live.get(field));
            if (change != null) {
                patch.set(field, change);
            }
        });
        last.fieldNames().forEachRemaining(field -> {
            if (!wanted.has(field) && live.has(field)) {
                patch.putNull(field);
            }
        });
        return patch;
    }

    private static @Nullable JsonNode value(
            String parent, String field, @Nullable JsonNode last, JsonNode wanted, @Nullable JsonNode live) {
        if (wanted.isNull()) {
            return live == null || live.isNull() ? null : wanted;
        }
        if (wanted instanceof ObjectNode wantedObject && live instanceof ObjectNode liveObject) {
            ObjectNode lastObject = last instanceof ObjectNode object ? object : JSON.objectNode();
            ObjectNode patch = object(field, lastObject, wantedObject, liveObject);
            return patch.isEmpty() ? null : patch;
        }
        String key = MergeKeys.of(parent, field);
        if (key != null && wanted instanceof ArrayNode wantedList && live instanceof ArrayNode liveList) {
            ArrayNode lastList = last instanceof ArrayNode array ? array : JSON.arrayNode();
            return list(field, key, lastList, wantedList, liveList);
        }
        return wanted.equals(live) ? null : wanted;
    }

    private static @Nullable ArrayNode list(
            String field, String key, ArrayNode last, ArrayNode wanted, ArrayNode live) {
        Map<String, JsonNode> lastByKey = byKey(key, last);
        Map<String, JsonNode> wantedByKey = byKey(key, wanted);
        Map<String, JsonNode> liveByKey = byKey(key, live);
        ArrayNode patch = JSON.arrayNode();
        wantedByKey.forEach((id, item) -> {
            JsonNode before = liveByKey.get(id);
            JsonNode change = element(field, lastByKey.get(id), item, before);
            if (change instanceof ObjectNode object && before != null) {
                object.set(key, item.get(key));
            }
            if (change != null) {
                patch.add(change);
            }
        });
        lastByKey.forEach((id, item) -> {
            if (!wantedByKey.containsKey(id) && liveByKey.containsKey(id)) {
                ObjectNode removal = JSON.objectNode().put("$patch", "delete");
                removal.set(key, item.get(key));
                patch.add(removal);
            }
        });
        return patch.isEmpty() ? null : patch;
    }

    /** An element's own lists have the list's name for a parent. */
    private static @Nullable JsonNode element(
            String list, @Nullable JsonNode last, JsonNode wanted, @Nullable JsonNode live) {
        return value("", list, last, wanted, live);
    }

    private static Map<String, JsonNode> byKey(String key, ArrayNode list) {
        Map<String, JsonNode> byKey = new LinkedHashMap<>();
        list.forEach(item -> byKey.put(item.path(key).asText(), item));
        return byKey;
    }
}
