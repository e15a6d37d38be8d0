package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ownership.ManagedFields.Key;
import dev.gantry.controlplane.resource.schema.ModelType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of an object and of its managers when one of them writes. */
public final class ServerSideApply {
    private ServerSideApply() {}

    /**
     * @param object as it shall be, without {@code managedFields}
     * @param managers who then owns what
     */
    public record Applied(ObjectNode object, ManagedFields managers) {}

    /**
     * Applies a configuration: the object has what it says; what the manager owned by its last one and does not say any longer goes, unless another
     * manager owns it; what another owns is only changed by force, and then this manager's.
     *
     * @param live null when there is no object yet
     * @param config with nulls meaning nothing
     * @param apiVersion of the configuration
     * @throws ApplyConflictException when another manager's fields would change, and they are not to be taken
     */
    public static Applied apply(
            ModelType type,
            @Nullable ObjectNode live,
            ObjectNode config,
            ManagedFields managers,
            FieldOwner manager,
            String apiVersion,
            boolean force,
            Instant now)
            throws ApplyConflictException {
        Key key = new Key(manager, apiVersion);
        ObjectNode wanted = withoutNulls(config);
        ObjectNode there = live == null ? JsonNodeFactory.instance.objectNode() : live;
        FieldSet applied = Fields.of(type, wanted);
        Shape shape = Shape.root(type);
        JsonNode merged = Merge.merge(shape, there, wanted);
        FieldSet kept = FieldSet.union(applied, managers.ofOthers(key));
        JsonNode rest = Merge.remove(shape, merged, managers.of(key), kept);
        ObjectNode object = rest instanceof ObjectNode left ? left : JsonNodeFactory.instance.objectNode();
        Fields.Changes changes = Fields.between(type, live, object);
        List<ApplyConflictException.Conflict> conflicts = conflicts(managers, key, changes.changed());
        if (!conflicts.isEmpty() && !force) {
            throw new ApplyConflictException(conflicts);
        }
        ManagedFields others = managers.withOthers(
                key, fields -> fields.minus(changes.changed()).minus(changes.removed()));
        return new Applied(object, others.with(key, applied, now));
    }

    /** After any other write: whoever changed a field owns it, and nobody owns what is gone. */
    public static ManagedFields update(
            ModelType type,
            @Nullable ObjectNode before,
            ObjectNode after,
            ManagedFields managers,
            FieldOwner manager,
            String apiVersion,
            Instant now) {
        Key key = new Key(manager, apiVersion);
        Fields.Changes changes = Fields.between(type, before, after);
        if (changes.changed().isEmpty() && changes.removed().isEmpty()) {
            return managers;
        }
        FieldSet own = FieldSet.union(managers.of(key), changes.changed()).minus(changes.removed());
        return managers.withOthers(
                        key, fields -> fields.minus(changes.changed()).minus(changes.removed()))
                .with(key, own, now);
    }

    private static List<ApplyConflictException.Conflict> conflicts(ManagedFields managers, Key key, FieldSet changed) {
        List<ApplyConflictException.Conflict> conflicts = new ArrayList<>();
        managers.entries().forEach((other, owned) -> {
            if (!other.equals(key)) {
                owned.fields()
                        .intersection(changed)
                        .paths()
                        .forEach(path -> conflicts.add(
                                new ApplyConflictException.Conflict(other.manager(), other.apiVersion(), path)));
            }
        });
        return conflicts;
    }

    private static ObjectNode withoutNulls(ObjectNode object) {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        object.properties().forEach(entry -> {
            if (!entry.getValue().isNull()) {
                result.set(entry.getKey(), withoutNulls(entry.getValue()));
            }
        });
        return result;
    }

    private static JsonNode withoutNulls(JsonNode value) {
        if (value instanceof ObjectNode object) {
            return withoutNulls(object);
        }
        if (value.isArray()) {
            com.fasterxml.jackson.databind.node.ArrayNode list = JsonNodeFactory.instance.arrayNode();
            value.forEach(each -> list.add(withoutNulls(each)));
            return list;
        }
        return value.deepCopy();
    }
}
