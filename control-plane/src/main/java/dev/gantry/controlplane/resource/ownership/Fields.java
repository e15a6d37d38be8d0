package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.schema.ModelType;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which fields an object has, and which differ between two. */
final class Fields {
    /** What identifies an object, or is the server's: nobody owns it. */
    private static final List<String> UNOWNED_ROOT = List.of("apiVersion", "kind");

    private static final List<String> UNOWNED_METADATA = List.of(
            "name",
            "namespace",
            "generateName",
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "selfLink",
            "managedFields",
            "resourceVersion");

    private Fields() {}

    /** @param changed fields that are new or have another value; {@code removed} those that are gone */
    record Changes(FieldSet changed, FieldSet removed) {}

    /** All that can be owned of an object. */
    static FieldSet of(ModelType type, ObjectNode object) {
        FieldSet set = new FieldSet();
        collect(Shape.root(type), ownable(object), set);
        return set;
    }

    static Changes between(ModelType type, @Nullable ObjectNode before, ObjectNode after) {
        Changes changes = new Changes(new FieldSet(), new FieldSet());
        ObjectNode old = before == null ? JsonNodeFactory.instance.objectNode() : ownable(before);
        compare(Shape.root(type), old, ownable(after), changes, type.form());
        return changes;
    }

    /** Without what nobody owns. */
    static ObjectNode ownable(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        copy.remove(UNOWNED_ROOT);
        if (copy.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove(UNOWNED_METADATA);
            if (metadata.isEmpty()) {
                copy.remove("metadata");
            }
        }
        return copy;
    }

    /** A container's parts by their path elements, with the shape and form that each has; empty for a leaf. */
    static Map<String, JsonNode> parts(Shape shape, JsonNode value) {
        Map<String, JsonNode> parts = new LinkedHashMap<>();
        switch (shape) {
            case Shape.Leaf leaf -> {}
            case Shape.Struct struct ->
                value.properties().forEach(entry -> parts.put(PathElements.field(entry.getKey()), entry.getValue()));
            case Shape.MapOf map ->
                value.properties().forEach(entry -> parts.put(PathElements.field(entry.getKey()), entry.getValue()));
            case Shape.SetOf set -> value.forEach(each -> parts.put(PathElements.value(each), each));
            case Shape.ListMap list -> value.forEach(each -> parts.put(PathElements.key(each, list.keys()), each));
        }
        return parts;
    }

    /** The shape of a part. */
    static Shape part(Shape shape, String element, @Nullable JsonNode... values) {
        return switch (shape) {
            case Shape.Struct struct -> {
                String field = element.substring(2);
                yield Shape.of(struct.type(), field, struct.type().field(field), values);
            }
            case Shape.MapOf map -> Shape.ofElement(map.element(), values);
            case Shape.ListMap list -> Shape.ofElement(list.element(), values);
            case Shape.SetOf set -> Shape.LEAF;
            case Shape.Leaf leaf -> Shape.LEAF;
        };
    }

    private static ModelType.Form form(Shape shape, String element) {
        return switch (shape) {
            case Shape.Struct struct ->
                struct.type().field(element.substring(2)).form();
            case Shape.MapOf map -> map.element().form();
            default -> ModelType.Form.OPAQUE;
        };
    }

    private static void collect(Shape shape, JsonNode value, FieldSet into) {
        if (shape instanceof Shape.Leaf) {
            into.addSelf();
            return;
        }
        parts(shape, value).forEach((element, part) -> {
            FieldSet beneath = into.child(element);
            Shape partShape = part(shape, element, part);
            // an element or a key is there by itself; a field is there by what is in it
            if (!(shape instanceof Shape.Struct) || part.isContainerNode() && part.isEmpty()) {
                beneath.addSelf();
            }
            collect(partShape, part, beneath);
        });
    }

    private static void compare(
            Shape shape, @Nullable JsonNode old, @Nullable JsonNode now, Changes changes, ModelType.Form form) {
        if (old != null && now != null && isSame(form, old, now)) {
            return;
        }
        if (shape instanceof Shape.Leaf) {
            (now == null ? changes.removed() : changes.changed()).addSelf();
            return;
        }
        Map<String, JsonNode> before = old == null ? Map.of() : parts(shape, old);
        Map<String, JsonNode> after = now == null ? Map.of() : parts(shape, now);
        Set<String> elements = new LinkedHashSet<>(before.keySet());
        elements.addAll(after.keySet());
        for (String element : elements) {
            JsonNode was = before.get(element);
            JsonNode is = after.get(element);
            Changes beneath = new Changes(new FieldSet(), new FieldSet());
            compare(part(shape, element, was, is), was, is, beneath, form(shape, element));
            boolean whole = !(shape instanceof Shape.Struct);
            if (was == null && (whole || isEmptyContainer(is))) {
                beneath.changed().addSelf();
            } else if (is == null) {
                beneath.removed().addSelf();
            }
            if (!beneath.changed().isEmpty()) {
                changes.changed().child(element).addAll(beneath.changed());
            }
            if (!beneath.removed().isEmpty()) {
                changes.removed().child(element).addAll(beneath.removed());
            }
        }
    }

    private static boolean isEmptyContainer(@Nullable JsonNode value) {
        return value != null && value.isContainerNode() && value.isEmpty();
    }

    /** Whether two values say the same: {@code 1000m} is {@code 1}. */
    private static boolean isSame(ModelType.Form form, JsonNode one, JsonNode other) {
        if (one.equals(other)) {
            return true;
        }
        if (form == ModelType.Form.QUANTITY) {
            try {
                return new Quantity(one.asText())
                                .getNumericalAmount()
                                .compareTo(new Quantity(other.asText()).getNumericalAmount())
                        == 0;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }
        return one.isNumber() && other.isNumber() && one.asText().equals(other.asText());
    }
}
