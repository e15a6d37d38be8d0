package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ownership.FieldOwner;
import dev.gantry.controlplane.resource.ownership.ManagedFields;
import dev.gantry.controlplane.resource.ownership.ServerSideApply;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import dev.gantry.controlplane.resource.schema.ModelType;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who owns the fields of an object after a write. Components of this process own nothing: they write what users may not, and the pods of a fleet would
 * each carry a list of it.
 */
@FunctionalInterface
interface Ownership {
    String FIELD = "managedFields";

    /**
     * @param old null for a new object
     * @param updated as it will be stored
     * @param requested what the client sent as {@code managedFields}; missing for nothing
     */
    ManagedFields after(@Nullable ObjectNode old, ObjectNode updated, JsonNode requested);

    /** Of a write that is no apply. */
    static Ownership ofUpdate(ServedKind served, WriteOptions options, Instant now) {
        FieldOwner manager = options.manager();
        return (old, updated, requested) -> {
            ManagedFields before = before(old, requested);
            boolean dropped = isDropped(requested);
            if (manager == null || dropped) {
                return before;
            }
            return ServerSideApply.update(
                    type(served.kind().storedVersion().schema()),
                    old,
                    updated,
                    before,
                    manager,
                    served.version().apiVersion(),
                    now);
        };
    }

    /** What a client sends goes before what is stored, so that it can correct it; what is none does not. */
    private static ManagedFields before(@Nullable ObjectNode old, JsonNode requested) {
        Optional<ManagedFields> sent = requested.isArray() ? ManagedFields.read(requested) : Optional.empty();
        return sent.orElseGet(() -> old == null ? ManagedFields.NONE : of(old));
    }

    /** An empty list, or one of an empty entry, asks to forget. */
    private static boolean isDropped(JsonNode requested) {
        return requested.isArray()
                && (requested.isEmpty()
                        || requested.size() == 1 && requested.get(0).isEmpty());
    }

    static ManagedFields of(ObjectNode object) {
        return ManagedFields.read(object.path("metadata").path(FIELD)).orElse(ManagedFields.NONE);
    }

    static void set(ObjectNode object, ManagedFields managers) {
        ArrayNode list = managers.toTree();
        if (list.isEmpty()) {
            Meta.of(object).remove(FIELD);
        } else {
            Meta.of(object).set(FIELD, list);
        }
    }

    static ModelType type(@Nullable ModelSchema schema) {
        return schema == null ? ModelType.ANYTHING : schema.type();
    }
}
