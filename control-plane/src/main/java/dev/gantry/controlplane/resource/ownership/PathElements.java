package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.schema.ListTypes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The elements of a field's path, in the form of {@code FieldsV1}. */
final class PathElements {
    private PathElements() {}

    static String field(String name) {
        return "f:" + name;
    }

    static String value(JsonNode value) {
        return "v:" + value;
    }

    /** Of a list's element, by its keys. */
    static String key(JsonNode element, List<String> keys) {
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        keys.stream().sorted().forEach(key -> {
            JsonNode value = element.get(key);
            String otherwise = ListTypes.keyDefault(key);
            if (value != null && !value.isNull()) {
                values.set(key, value);
            } else if (otherwise != null) {
                values.put(key, otherwise);
            }
        });
        return "k:" + values;
    }

    /** @throws IllegalArgumentException when it is none */
    static void check(String element) {
        if (element.startsWith("f:")) {
            return;
        }
        if (element.startsWith("k:") || element.startsWith("v:") || element.startsWith("i:")) {
            json(element);
            return;
        }
        throw new IllegalArgumentException("\"%s\" is no element of a path".formatted(element));
    }

    static String readable(String element) {
        if (element.startsWith("f:")) {
            return "." + element.substring(2);
        }
        if (element.startsWith("k:")) {
            return json(element).properties().stream()
                    .map(entry -> entry.getKey() + "=" + entry.getValue())
                    .collect(Collectors.joining(",", "[", "]"));
        }
        return (element.startsWith("v:") ? "[=" : "[") + element.substring(2) + "]";
    }

    private static JsonNode json(String element) {
        try {
            return Json.read(element.substring(2).getBytes(StandardCharsets.UTF_8), false);
        } catch (IOException e) {
            throw new IllegalArgumentException("\"%s\" is no element of a path".formatted(element), e);
        }
    }
}
