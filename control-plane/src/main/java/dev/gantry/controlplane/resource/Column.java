package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.function.BiFunction;

/**
 * A column of a kind's table (Kubernetes, "Receiving resources as Tables").
 *
 * @param name the heading
 * @param type string, integer, boolean or date
 * @param format such as {@code name}; may be empty
 * @param priority 0 always shown, 1 in wide output only
 * @param value the cell, from the stored object and the time
 */
public record Column(
        String name, String type, String format, int priority, BiFunction<JsonNode, Instant, Object> value) {
    public Column {
        requireNonNull(name, "name is null");
        requireNonNull(value, "value is null");
    }

    public static Column of(String name, BiFunction<JsonNode, Instant, Object> value) {
        return new Column(name, "string", "", 0, value);
    }

    public static Column wide(String name, BiFunction<JsonNode, Instant, Object> value) {
        return new Column(name, "string", "", 1, value);
    }

    /** The object's name, which clients look for by its format. */
    public static Column ofName() {
        return new Column("Name", "string", "name", 0, (object, now) -> Meta.name(object));
    }
}
