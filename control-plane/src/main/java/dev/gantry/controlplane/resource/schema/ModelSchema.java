package dev.gantry.controlplane.resource.schema;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.spelling.Spelling;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The fields of a model class and of everything beneath it. Safe for use by many threads. */
public final class ModelSchema {
    static final ObjectMapper INTROSPECTION = new ObjectMapper();
    /** Field names to types, by model class; shared, since all kinds have most classes in common. */
    private static final Map<JavaType, Map<String, JavaType>> FIELDS = new ConcurrentHashMap<>();

    private final JavaType root;

    public ModelSchema(Class<?> model) {
        root = INTROSPECTION.constructType(model);
    }

    /** The model class itself. */
    public ModelType type() {
        return new ModelType(root);
    }

    /**
     * What is wrong with the shape of an object.
     *
     * @param unknown fields that the kind does not have
     * @param wrong fields that hold another type than the kind's
     */
    public record Findings(List<Unknown> unknown, List<Problem> wrong) {}

    /**
     * @param path such as {@code spec.containers[0].imgae}
     * @param suggestion the field that was probably meant; null for none
     */
    public record Unknown(String path, @Nullable String suggestion) {
        public String message() {
            return "unknown field \"%s\"%s"
                    .formatted(path, suggestion == null ? "" : "; did you mean \"" + suggestion + "\"?");
        }
    }

    public record Problem(String path, String message) {}

    /** Looks at the whole object, and removes the unknown fields from it. */
    public Findings prune(ObjectNode object) {
        Findings findings = new Findings(new ArrayList<>(), new ArrayList<>());
        walkObject(object, root, "", findings);
        return findings;
    }

    /** What an object says, whatever way it is written; the tree itself when it does not fit the model class. See {@link Meaning}. */
    public JsonNode meaning(ObjectNode object) {
        try {
            return Meaning.of(INTROSPECTION.readerFor(root).readValue(object));
        } catch (IOException e) {
            return object;
        }
    }

    private static void walk(JsonNode node, JavaType type, String path, Findings findings) {
        if (node.isNull() || isOpaque(type)) {
            return;
        }
        Class<?> raw = type.getRawClass();
        if (raw == IntOrString.class) {
            expect(node.isTextual() || node.isIntegralNumber(), "a string or an integer", node, path, findings);
        } else if (raw == Quantity.class) {
            expect(
                    node.isTextual() || node.isNumber(),
                    "a quantity such as \"500m\" or \"64Mi\"",
                    node,
                    path,
                    findings);
        } else if (Map.class.isAssignableFrom(raw)) {
            if (expect(node.isObject(), "an object", node, path, findings)) {
                JavaType values = type.getContentType();
                node.properties()
                        .forEach(entry -> walk(entry.getValue(), values, path + "." + entry.getKey(), findings));
            }
        } else if (Collection.class.isAssignableFrom(raw)) {
            if (expect(node.isArray(), "a list", node, path, findings)) {
                for (int i = 0; i < node.size(); i++) {
                    walk(node.get(i), type.getContentType(), path + "[" + i + "]", findings);
                }
            }
        } else if (raw == String.class || isTime(raw)) {
            expect(node.isTextual(), "a string", node, path, findings);
        } else if (raw == Boolean.class || raw == boolean.class) {
            expect(node.isBoolean(), "true or false", node, path, findings);
        } else if (raw == Integer.class || raw == Long.class || raw == int.class || raw == long.class) {
            expect(node.isIntegralNumber() && node.canConvertToLong(), "an integer", node, path, findings);
        } else if (raw.isEnum() || raw.getPackageName().startsWith("java.")) {
            return;
        } else if (expect(node.isObject(), "an object", node, path, findings)) {
            walkObject((ObjectNode) node, type, path, findings);
        }
    }

    private static void walkObject(ObjectNode object, JavaType type, String path, Findings findings) {
        Map<String, JavaType> fields = fields(type);
        for (Iterator<Map.Entry<String, JsonNode>> i = object.properties().iterator(); i.hasNext(); ) {
            Map.Entry<String, JsonNode> entry = i.next();
            String field = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
            JavaType fieldType = fields.get(entry.getKey());
            if (fieldType == null) {
                findings.unknown()
                        .add(new Unknown(
                                field,
                                Spelling.nearest(entry.getKey(), fields.keySet())
                                        .orElse(null)));
                i.remove();
            } else {
                walk(entry.getValue(), fieldType, field, findings);
            }
        }
    }

    private static boolean expect(boolean holds, String expected, JsonNode node, String path, Findings findings) {
        if (!holds) {
            String value = node.isContainerNode()
                    ? node.isArray() ? "a list" : "an object"
                    : node.getNodeType().name().toLowerCase(java.util.Locale.ROOT) + " " + node;
            findings.wrong().add(new Problem(path, "expected %s, but it is %s".formatted(expected, value)));
        }
        return holds;
    }

    /** Types whose content is anybody's: embedded objects and free-form values. */
    static boolean isOpaque(JavaType type) {
        Class<?> raw = type.getRawClass();
        return raw == Object.class
                || raw == KubernetesResource.class
                || JsonNode.class.isAssignableFrom(raw)
                || raw.getSimpleName().equals("AnyType")
                || raw.getSimpleName().equals("FieldsV1");
    }

    /** A class of its own in some groups, but a string in JSON. */
    static boolean isTime(Class<?> raw) {
        return raw.getSimpleName().equals("MicroTime");
    }

    static Map<String, JavaType> fields(JavaType type) {
        return FIELDS.computeIfAbsent(type, ModelSchema::introspect);
    }

    private static Map<String, JavaType> introspect(JavaType type) {
        BeanDescription description = INTROSPECTION.getDeserializationConfig().introspect(type);
        Map<String, JavaType> fields = new HashMap<>();
        for (BeanPropertyDefinition property : description.findProperties()) {
            if (property.couldDeserialize()) {
                fields.put(property.getName(), property.getPrimaryType());
            }
        }
        return Map.copyOf(fields);
    }
}
