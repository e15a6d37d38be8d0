package dev.gantry.controlplane.resource.kind;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.Column;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** What cells are made of. */
public final class Cells {
    static final String NONE = "<none>";
    private static final String UNKNOWN = "<unknown>";

    private Cells() {}

    public static Column age() {
        return Column.of("Age", (object, now) -> since(object.path("metadata").path("creationTimestamp"), now));
    }

    static Column integer(String name, BiFunction<JsonNode, Instant, Object> value) {
        return new Column(name, "integer", "", 0, value);
    }

    /** How long ago, as kubectl writes it. */
    static String since(JsonNode timestamp, Instant now) {
        try {
            return human(Duration.between(Instant.parse(timestamp.asText()), now));
        } catch (DateTimeParseException e) {
            return UNKNOWN;
        }
    }

    /** As Kubernetes' HumanDuration: two units while they tell something, then one. */
    static String human(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 120) {
            return seconds + "s";
        }
        long minutes = seconds / 60;
        if (minutes < 10) {
            return pair(minutes, "m", seconds % 60, "s");
        }
        if (minutes < 180) {
            return minutes + "m";
        }
        long hours = minutes / 60;
        if (hours < 8) {
            return pair(hours, "h", minutes % 60, "m");
        }
        if (hours < 48) {
            return hours + "h";
        }
        long days = hours / 24;
        if (days < 8) {
            return pair(days, "d", hours % 24, "h");
        }
        if (days < 730) {
            return days + "d";
        }
        return pair(days / 365, "y", days % 365, "d");
    }

    private static String pair(long large, String largeUnit, long small, String smallUnit) {
        return small == 0 ? large + largeUnit : large + largeUnit + small + smallUnit;
    }

    /** A selector or labels as {@code a=b,c=d}. */
    static String labels(JsonNode labels) {
        if (labels.isEmpty()) {
            return NONE;
        }
        List<String> all = new ArrayList<>();
        labels.properties()
                .forEach(
                        label -> all.add(label.getKey() + "=" + label.getValue().asText()));
        return String.join(",", all);
    }

    static String orNone(JsonNode text) {
        return text.asText("").isEmpty() ? NONE : text.asText();
    }

    static String joined(JsonNode list, String field) {
        List<String> all = new ArrayList<>();
        list.forEach(element -> all.add(element.path(field).asText()));
        return all.isEmpty() ? NONE : String.join(",", all);
    }
}
