package dev.gantry.controlplane.resource.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Small steps that all defaults are made of. */
final class Trees {
    private Trees() {}

    static void setDefault(ObjectNode object, String field, String value) {
        if (!object.hasNonNull(field) || object.path(field).asText().isEmpty()) {
            object.put(field, value);
        }
    }

    static void setDefault(ObjectNode object, String field, long value) {
        if (!object.hasNonNull(field)) {
            object.put(field, value);
        }
    }

    static void setDefault(ObjectNode object, String field, boolean value) {
        if (!object.hasNonNull(field)) {
            object.put(field, value);
        }
    }

    /** The object in a field, made when missing. */
    static ObjectNode child(ObjectNode object, String field) {
        return object.get(field) instanceof ObjectNode child ? child : object.putObject(field);
    }

    /** The objects of a list; other elements are left out: the shape was checked before. */
    static List<ObjectNode> objects(JsonNode list) {
        List<ObjectNode> objects = new ArrayList<>();
        if (list instanceof ArrayNode) {
            for (JsonNode element : list) {
                if (element instanceof ObjectNode object) {
                    objects.add(object);
                }
            }
        }
        return objects;
    }

    static String text(JsonNode object, String field) {
        return object.path(field).asText("");
    }
}
