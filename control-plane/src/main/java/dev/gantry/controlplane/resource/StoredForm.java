package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Carries over what a writer has changed in a model class, and only that. A model class does not write an object as its author did (empty lists, nulls and
 * numbers for quantities are gone), which must not look like a change. Lists are carried over as a whole.
 */
final class StoredForm {
    private StoredForm() {}

    /**
     * @param stored the object as it is stored
     * @param read the same through its model class
     * @param written {@code read}, with the writer's changes
     * @return {@code stored} with the writer's changes; a fresh tree
     */
    static ObjectNode keep(ObjectNode stored, ObjectNode read, ObjectNode written) {
        ObjectNode result = Json.object();
        for (Map.Entry<String, JsonNode> entry : stored.properties()) {
            String field = entry.getKey();
            @Nullable JsonNode before = read.get(field);
            @Nullable JsonNode after = written.get(field);
            if (after == null && before == null || after != null && after.equals(before)) {
                result.set(field, entry.getValue().deepCopy());
            } else if (after != null) {
                result.set(field, changed(entry.getValue(), before, after));
            }
        }
        for (Map.Entry<String, JsonNode> entry : written.properties()) {
            // what the class itself adds has not been written either
            if (!stored.has(entry.getKey()) && !entry.getValue().equals(read.get(entry.getKey()))) {
                result.set(entry.getKey(), entry.getValue().deepCopy());
            }
        }
        return result;
    }

    private static JsonNode changed(JsonNode stored, @Nullable JsonNode before, JsonNode after) {
        return stored instanceof ObjectNode storedObject
                        && before instanceof ObjectNode readObject
                        && after instanceof ObjectNode writtenObject
                ? keep(storedObject, readObject, writtenObject)
                : after.deepCopy();
    }
}
