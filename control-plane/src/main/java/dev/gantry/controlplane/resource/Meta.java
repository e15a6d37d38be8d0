package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The metadata of an object's tree. Reading never changes the tree. */
public final class Meta {
    public static final String ORPHAN = "orphan";
    public static final String FOREGROUND = "foregroundDeletion";

    private Meta() {}

    /** The metadata, made when missing. */
    public static ObjectNode of(ObjectNode object) {
        return object.get("metadata") instanceof ObjectNode metadata ? metadata : object.putObject("metadata");
    }

    public static String text(JsonNode object, String field) {
        return object.path("metadata").path(field).asText("");
    }

    public static String name(JsonNode object) {
        return text(object, "name");
    }

    public static String namespace(JsonNode object) {
        return text(object, "namespace");
    }

    public static String uid(JsonNode object) {
        return text(object, "uid");
    }

    public static JsonNode labels(JsonNode object) {
        return object.path("metadata").path("labels");
    }

    public static boolean isDeleting(JsonNode object) {
        return object.path("metadata").hasNonNull("deletionTimestamp");
    }

    public static List<String> finalizers(JsonNode object) {
        List<String> finalizers = new ArrayList<>();
        object.path("metadata").path("finalizers").forEach(finalizer -> finalizers.add(finalizer.asText()));
        return finalizers;
    }

    static void setFinalizers(ObjectNode object, List<String> finalizers) {
        ObjectNode metadata = of(object);
        if (finalizers.isEmpty()) {
            metadata.remove("finalizers");
            return;
        }
        ArrayNode list = metadata.putArray("finalizers");
        finalizers.forEach(list::add);
    }

    /** Sets a field, or removes it when {@code value} is null. */
    static void copy(ObjectNode metadata, String field, @Nullable JsonNode value) {
        if (value == null || value.isNull() || value.isMissingNode()) {
            metadata.remove(field);
        } else {
            metadata.set(field, value.deepCopy());
        }
    }
}
