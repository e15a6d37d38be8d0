package dev.gantry.cli.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

    private static ObjectNode object(String path, ObjectNode last, ObjectNode wanted, ObjectNode live) {
        ObjectNode patch = JSON.objectNode();
        wanted.properties().forEach(entry -> {
            String name = entry.getKey();
            JsonNode change = value(child(path, name), last.get(name), entry.getValue(), live.get(name));
            if (change != null) {
                patch.set(name, change);
            }
        });
        last.fieldNames().forEachRemaining(name -> {
            if (!wanted.has(name) && live.has(name)) {
                patch.putNull(name);
            }
        });
        return patch;
    }

    private static @Nullable JsonNode value(
            String path, @Nullable JsonNode last, JsonNode wanted, @Nullable JsonNode live) {
        if (wanted.isNull()) {
            return live == null || live.isNull() ? null : wanted;
        }
        if (wanted instanceof ObjectNode wantedObject && live instanceof ObjectNode liveObject) {
            ObjectNode lastObject = last instanceof ObjectNode object ? object : JSON.objectNode();
            ObjectNode patch = object(path, lastObject, wantedObject, liveObject);
            return patch.isEmpty() ? null : patch;
        }
        String key = MergeKeys.of(path);
        if (key != null && wanted instanceof ArrayNode wantedList && live instanceof ArrayNode liveList) {
            ArrayNode lastList = last instanceof ArrayNode array ? array : JSON.arrayNode();
            return list(path, key, lastList, wantedList, liveList);
        }
        return wanted.equals(live) ? null : wanted;
    }

    private static @Nullable ArrayNode list(String path, String key, ArrayNode last, ArrayNode wanted, ArrayNode live) {
        Map<String, JsonNode> lastByKey = byKey(key, last);
        Map<String, JsonNode> wantedByKey = byKey(key, wanted);
        Map<String, JsonNode> liveByKey = byKey(key, live);
        ArrayNode patch = JSON.arrayNode();
        wantedByKey.forEach((id, item) -> {
            JsonNode before = liveByKey.get(id);
            JsonNode change = value(path, lastByKey.get(id), item, before);
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

    private static Map<String, JsonNode> byKey(String key, ArrayNode list) {
        Map<String, JsonNode> byKey = new LinkedHashMap<>();
        list.forEach(item -> byKey.put(item.path(key).asText(), item));
        return byKey;
    }

    private static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
