package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ownership.FieldOwner.Operation;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** An object's managers with what each owns: {@code metadata.managedFields}. Immutable. */
public final class ManagedFields {
    public static final ManagedFields NONE = new ManagedFields(Map.of());

    /** Of managers that update. What more of them own is told of no single one any longer. */
    private static final int MAXIMUM_UPDATERS = 10;

    private static final String ANCIENT = "ancient-changes";

    private final Map<Key, Owned> entries;

    private ManagedFields(Map<Key, Owned> entries) {
        this.entries = entries;
    }

    /** @param apiVersion in which the manager writes */
    record Key(FieldOwner manager, String apiVersion) {}

    /** @param time when the manager last changed what it owns; empty when nobody knows */
    record Owned(FieldSet fields, String time) {}

    /** Reads the field of an object; empty when it is not what it should be. An empty list, or one of an empty entry, is nobody. */
    public static Optional<ManagedFields> read(JsonNode managedFields) {
        Map<Key, Owned> entries = new LinkedHashMap<>();
        for (JsonNode entry : managedFields) {
            if (entry.isEmpty() && managedFields.size() == 1) {
                return Optional.of(NONE);
            }
            Optional<Operation> operation = operation(entry.path("operation").asText());
            if (operation.isEmpty() || !entry.path("fieldsType").asText().equals("FieldsV1")) {
                return Optional.empty();
            }
            FieldOwner manager = new FieldOwner(
                    entry.path("manager").asText(),
                    operation.get(),
                    entry.path("subresource").asText());
            try {
                Owned owned = new Owned(
                        FieldSet.parse(entry.path("fieldsV1")),
                        entry.path("time").asText());
                entries.put(new Key(manager, entry.path("apiVersion").asText()), owned);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
        return Optional.of(new ManagedFields(entries));
    }

    private static Optional<Operation> operation(String text) {
        return List.of(Operation.values()).stream()
                .filter(each -> each.text().equals(text))
                .findFirst();
    }

    Map<Key, Owned> entries() {
        return entries;
    }

    FieldSet of(Key key) {
        Owned owned = entries.get(key);
        return owned == null ? new FieldSet() : owned.fields();
    }

    /** All that others than {@code key} own. */
    FieldSet ofOthers(Key key) {
        FieldSet all = new FieldSet();
        entries.forEach((other, owned) -> {
            if (!other.equals(key)) {
                all.addAll(owned.fields());
            }
        });
        return all;
    }

    /** Gives a manager these fields and no others. The time only changes with the fields. */
    ManagedFields with(Key key, FieldSet fields, Instant now) {
        Map<Key, Owned> result = new LinkedHashMap<>(entries);
        Owned before = entries.get(key);
        if (before == null || !before.fields().equals(fields)) {
            // written as a client may own nothing but the object's being there, which is worth a name
            if (fields.isEmpty() && key.manager().operation() == Operation.UPDATE) {
                result.remove(key);
            } else {
                result.put(
                        key,
                        new Owned(fields, now.truncatedTo(ChronoUnit.SECONDS).toString()));
            }
        }
        return new ManagedFields(result).bounded();
    }

    /** Changes what everybody but {@code key} owns; whoever is left with nothing is no manager any longer. */
    ManagedFields withOthers(Key key, UnaryOperator<FieldSet> change) {
        Map<Key, Owned> result = new LinkedHashMap<>();
        entries.forEach((other, owned) -> {
            if (other.equals(key)) {
                result.put(other, owned);
                return;
            }
            FieldSet fields = change.apply(owned.fields());
            if (!fields.isEmpty() || owned.fields().isEmpty()) {
                result.put(other, new Owned(fields, owned.time()));
            }
        });
        return new ManagedFields(result);
    }

    private ManagedFields bounded() {
        List<Key> updaters = new ArrayList<>(entries.keySet().stream()
                .filter(key -> key.manager().operation() == Operation.UPDATE)
                .sorted(java.util.Comparator.comparing(key -> time(key)))
                .toList());
        if (updaters.size() <= MAXIMUM_UPDATERS) {
            return this;
        }
        Map<Key, Owned> result = new LinkedHashMap<>(entries);
        for (Key oldest : updaters.subList(0, updaters.size() - MAXIMUM_UPDATERS + 1)) {
            Owned owned = entries.get(oldest);
            Key ancient = new Key(
                    new FieldOwner(ANCIENT, Operation.UPDATE, oldest.manager().subresource()), oldest.apiVersion());
            if (owned != null) {
                result.remove(oldest);
                result.merge(
                        ancient,
                        owned,
                        (one, other) -> new Owned(FieldSet.union(one.fields(), other.fields()), other.time()));
            }
        }
        return new ManagedFields(result);
    }

    private String time(Key key) {
        Owned owned = entries.get(key);
        return owned == null ? "" : owned.time();
    }

    /** The field of an object; empty for nobody. */
    public ArrayNode toTree() {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        entries.forEach((key, owned) -> {
            ObjectNode entry = list.addObject();
            entry.put("manager", key.manager().name())
                    .put("operation", key.manager().operation().text())
                    .put("apiVersion", key.apiVersion());
            if (!owned.time().isEmpty()) {
                entry.put("time", owned.time());
            }
            entry.put("fieldsType", "FieldsV1");
            entry.set("fieldsV1", owned.fields().toTree());
            if (!key.manager().subresource().isEmpty()) {
                entry.put("subresource", key.manager().subresource());
            }
        });
        return list;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ManagedFields fields && fields.entries.equals(entries);
    }

    @Override
    public int hashCode() {
        return entries.hashCode();
    }

    @Override
    public String toString() {
        return toTree().toString();
    }
}
