package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.schema.ListTypes;
import dev.gantry.controlplane.resource.schema.ModelType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a value is owned: as one, or in parts. */
sealed interface Shape {
    /** One value, whatever it holds. */
    record Leaf() implements Shape {}

    /** An object whose fields have types. */
    record Struct(ModelType type) implements Shape {}

    /** An object whose keys are data. */
    record MapOf(ModelType element) implements Shape {}

    /** A list of values, each there once. */
    record SetOf() implements Shape {}

    /** A list of elements that are told apart by keys. */
    record ListMap(List<String> keys, ModelType element) implements Shape {}

    Shape LEAF = new Leaf();

    /** Of a whole object. */
    static Shape root(ModelType type) {
        return type.form() == ModelType.Form.OBJECT ? new Struct(type) : new MapOf(type);
    }

    /** Of a field of an object. */
    static Shape of(ModelType parent, String field, ModelType type, @Nullable JsonNode... values) {
        Shape shape = switch (type.form()) {
            case OBJECT -> ListTypes.isAtomic(type) ? LEAF : new Struct(type);
            case MAP -> ListTypes.isAtomic(parent, field, type) ? LEAF : new MapOf(type.element());
            // no type says what belongs together: objects come apart, lists do not
            case OPAQUE -> new MapOf(type);
            case LIST -> {
                List<String> keys = ListTypes.mapKeys(parent, field);
                yield keys != null
                        ? new ListMap(keys, type.element())
                        : ListTypes.isSet(parent, field) ? new SetOf() : LEAF;
            }
            default -> LEAF;
        };
        for (JsonNode value : values) {
            if (value != null && !shape.fits(value)) {
                return LEAF;
            }
        }
        return shape;
    }

    /** Of a key of a map. */
    static Shape ofElement(ModelType element, @Nullable JsonNode... values) {
        return of(element, "", element, values);
    }

    private boolean fits(JsonNode value) {
        return switch (this) {
            case Leaf leaf -> true;
            case Struct struct -> value.isObject();
            case MapOf map -> value.isObject();
            case SetOf set -> isSet(value);
            case ListMap list -> isListMap(value, list.keys());
        };
    }

    private static boolean isSet(JsonNode list) {
        return list.isArray() && list.valueStream().distinct().count() == list.size();
    }

    /** Older objects may hold an element twice, which only a whole list can own. */
    private static boolean isListMap(JsonNode list, List<String> keys) {
        return list.isArray()
                && list.valueStream().allMatch(JsonNode::isObject)
                && list.valueStream()
                                .map(element -> PathElements.key(element, keys))
                                .distinct()
                                .count()
                        == list.size();
    }
}
