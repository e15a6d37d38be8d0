package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts a configuration into an object, and takes fields out of it. */
final class Merge {
    private Merge() {}

    /** The object with all that the configuration says. What neither has a type for in parts is replaced as a whole. */
    static JsonNode merge(Shape shape, JsonNode live, JsonNode config) {
        return switch (shape) {
            case Shape.Leaf leaf -> config.deepCopy();
            case Shape.Struct struct -> mergeObject(shape, live, config);
            case Shape.MapOf map -> mergeObject(shape, live, config);
            case Shape.SetOf set -> mergeList(shape, live, config);
            case Shape.ListMap list -> mergeList(shape, live, config);
        };
    }

    private static ObjectNode mergeObject(Shape shape, JsonNode live, JsonNode config) {
        ObjectNode result = live.deepCopy();
        config.properties().forEach(entry -> {
            JsonNode there = live.get(entry.getKey());
            Shape part = Fields.part(shape, PathElements.field(entry.getKey()), there, entry.getValue());
            result.set(
                    entry.getKey(),
                    there == null || there.isNull()
                            ? entry.getValue().deepCopy()
                            : merge(part, there, entry.getValue()));
        });
        return result;
    }

    /** In the configuration's order; what only the object has stays behind what it stood behind. */
    private static ArrayNode mergeList(Shape shape, JsonNode live, JsonNode config) {
        Map<String, JsonNode> there = Fields.parts(shape, live);
        Map<String, JsonNode> wanted = Fields.parts(shape, config);
        List<String> order = new ArrayList<>(wanted.keySet());
        @Nullable String before = null;
        for (String element : there.keySet()) {
            if (!wanted.containsKey(element)) {
                order.add(before == null ? 0 : order.indexOf(before) + 1, element);
            }
            before = element;
        }
        ArrayNode result = JsonNodeFactory.instance.arrayNode();
        for (String element : order) {
            JsonNode was = there.get(element);
            JsonNode is = wanted.get(element);
            if (was != null && is != null) {
                result.add(merge(Fields.part(shape, element, was, is), was, is));
            } else {
                result.add((was == null ? java.util.Objects.requireNonNull(is) : was).deepCopy());
            }
        }
        return result;
    }

    /**
     * Takes out what is in {@code gone}, unless it, or something in it, is in {@code kept}. An object that is left with nothing goes, too.
     *
     * @return null when nothing is left
     */
    static @Nullable JsonNode remove(Shape shape, JsonNode value, FieldSet gone, FieldSet kept) {
        if (shape instanceof Shape.Leaf) {
            return value;
        }
        Map<String, JsonNode> left = new LinkedHashMap<>();
        boolean changed = false;
        for (Map.Entry<String, JsonNode> entry : Fields.parts(shape, value).entrySet()) {
            String element = entry.getKey();
            JsonNode part = entry.getValue();
            FieldSet goneHere = gone.children().get(element);
            FieldSet keptHere = kept.children().get(element);
            if (goneHere == null) {
                left.put(element, part);
                continue;
            }
            if (goneHere.isMember() && keptHere == null) {
                changed = true;
                continue;
            }
            FieldSet keep = FieldSet.union(keptHere == null ? new FieldSet() : keptHere, keys(shape));
            JsonNode rest = remove(Fields.part(shape, element, part), part, goneHere, keep);
            if (rest != null) {
                left.put(element, rest);
            }
            changed |= rest != part;
        }
        if (!changed) {
            return value;
        }
        return left.isEmpty() && !kept.isMember() ? null : rebuilt(shape, left);
    }

    /** What an element that stays keeps, for it is by that that others know it. */
    private static FieldSet keys(Shape shape) {
        FieldSet keys = new FieldSet();
        if (shape instanceof Shape.ListMap list) {
            list.keys().forEach(key -> keys.child(PathElements.field(key)).addSelf());
        }
        return keys;
    }

    private static JsonNode rebuilt(Shape shape, Map<String, JsonNode> parts) {
        if (shape instanceof Shape.ListMap || shape instanceof Shape.SetOf) {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            parts.values().forEach(list::add);
            return list;
        }
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        parts.forEach((element, part) -> object.set(element.substring(2), part));
        return object;
    }
}
