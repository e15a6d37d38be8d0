package dev.gantry.controlplane.resource.schema;

import com.fasterxml.jackson.databind.JavaType;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a field of a model class holds. Immutable. */
public final class ModelType {
    /** The forms of JSON that a field may have. */
    public enum Form {
        /** Anybody's: an embedded object or a free-form value. */
        OPAQUE,
        QUANTITY,
        INT_OR_STRING,
        MAP,
        LIST,
        STRING,
        BOOLEAN,
        INTEGER,
        LONG,
        NUMBER,
        /** With fields of its own. */
        OBJECT
    }

    /** What a field without a type holds. */
    public static final ModelType ANYTHING = new ModelType(ModelSchema.INTROSPECTION.constructType(Object.class));

    private final JavaType type;
    private final Form form;

    ModelType(JavaType type) {
        this.type = type;
        this.form = form(type);
    }

    public Form form() {
        return form;
    }

    /** Of a list's or a map's values. */
    public ModelType element() {
        return new ModelType(type.getContentType());
    }

    /** The fields of an object, by name. */
    public SortedMap<String, ModelType> fields() {
        return ModelSchema.fields(type).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> new ModelType(entry.getValue()), (a, b) -> a, TreeMap::new));
    }

    /** One field of an object; an opaque one when there is none of this name. */
    public ModelType field(String name) {
        JavaType field = form == Form.OBJECT ? ModelSchema.fields(type).get(name) : null;
        return field == null ? ANYTHING : new ModelType(field);
    }

    /** The class's name without its package, such as {@code PodSpec}. */
    public String name() {
        return type.getRawClass().getSimpleName();
    }

    /** The class's package. */
    public String packageName() {
        return type.getRawClass().getPackageName();
    }

    private static Form form(JavaType type) {
        Class<?> raw = type.getRawClass();
        if (ModelSchema.isOpaque(type)) {
            return Form.OPAQUE;
        }
        if (raw == IntOrString.class) {
            return Form.INT_OR_STRING;
        }
        if (raw == Quantity.class) {
            return Form.QUANTITY;
        }
        if (Map.class.isAssignableFrom(raw)) {
            return Form.MAP;
        }
        if (Collection.class.isAssignableFrom(raw)) {
            return Form.LIST;
        }
        if (raw == Boolean.class || raw == boolean.class) {
            return Form.BOOLEAN;
        }
        if (raw == Integer.class || raw == int.class) {
            return Form.INTEGER;
        }
        if (raw == Long.class || raw == long.class) {
            return Form.LONG;
        }
        if (raw == Double.class || raw == double.class || raw == Float.class || raw == float.class) {
            return Form.NUMBER;
        }
        // whatever else the JDK has, and times, are written as strings
        boolean isString = raw.getPackageName().startsWith("java.") || raw.isEnum() || ModelSchema.isTime(raw);
        return isString ? Form.STRING : Form.OBJECT;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModelType model && model.type.equals(type);
    }

    @Override
    public int hashCode() {
        return type.hashCode();
    }

    @Override
    public String toString() {
        return type.toCanonical();
    }
}
