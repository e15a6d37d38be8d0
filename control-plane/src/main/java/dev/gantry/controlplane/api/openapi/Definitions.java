package dev.gantry.controlplane.api.openapi;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.patch.MergeKeys;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.ServedKind;
import dev.gantry.controlplane.resource.schema.ListTypes;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import dev.gantry.controlplane.resource.schema.ModelType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The schemas of one document. Classes have the names that they have in Kubernetes' own documents. Not safe for use by several threads. */
final class Definitions {
    private static final String MODEL = "io.fabric8.kubernetes.api.model";

    /** What lies with the core group's classes, but belongs to all groups. */
    private static final Set<String> META = Set.of(
            "Condition",
            "LabelSelector",
            "LabelSelectorRequirement",
            "ManagedFieldsEntry",
            "ObjectMeta",
            "OwnerReference");

    private static final String FIELDS = "properties";

    private final Dialect dialect;
    private final Map<String, ObjectNode> schemas = new TreeMap<>();
    /** By which names fields hold a class: what a list in it is merged by depends on it. */
    private final Map<ModelType, Set<String>> holders = new java.util.HashMap<>();

    Definitions(Dialect dialect) {
        this.dialect = requireNonNull(dialect, "dialect is null");
    }

    /** Adds a kind and all that it is made of. @return its name */
    String add(ServedKind kind) {
        ModelSchema schema = kind.version().schema();
        String name;
        if (schema == null) {
            name = custom(kind);
            ObjectNode any = schemas.computeIfAbsent(name, key -> Json.object().put("type", "object"));
            any.put("x-kubernetes-preserve-unknown-fields", true);
        } else {
            name = define(schema.type(), "");
        }
        ObjectNode definition = requireNonNull(schemas.get(name));
        if (!definition.has(Operations.GROUP_VERSION_KIND)) {
            definition.putArray(Operations.GROUP_VERSION_KIND).add(Operations.groupVersionKind(kind));
        }
        return name;
    }

    private static String custom(ServedKind kind) {
        List<String> labels =
                new java.util.ArrayList<>(List.of(kind.version().group().split("\\.", -1)));
        java.util.Collections.reverse(labels);
        return "%s.%s.%s"
                .formatted(
                        String.join(".", labels),
                        kind.version().version(),
                        kind.kind().kind());
    }

    /** To be read when all kinds have been added. */
    Map<String, ObjectNode> all() {
        holders.forEach((type, fields) -> addMergeKeys(type, fields));
        return schemas;
    }

    private String define(ModelType type, String holder) {
        String name = name(type);
        boolean isNewHolder =
                holders.computeIfAbsent(type, key -> new TreeSet<>()).add(holder);
        if (!isNewHolder) {
            return name;
        }
        if (!schemas.containsKey(name)) {
            ObjectNode schema = Json.object().put("type", "object");
            schemas.put(name, schema);
            if (ListTypes.isAtomic(type)) {
                schema.put("x-kubernetes-map-type", "atomic");
            }
            ObjectNode fields = Json.object();
            type.fields().forEach((field, fieldType) -> fields.set(field, field(type, field, fieldType)));
            if (!fields.isEmpty()) {
                schema.set(FIELDS, fields);
            }
        }
        return name;
    }

    private ObjectNode field(ModelType parent, String field, ModelType type) {
        ObjectNode schema = schema(type, field);
        if (type.form() == ModelType.Form.LIST) {
            @Nullable List<String> keys = ListTypes.mapKeys(parent, field);
            if (keys != null) {
                ArrayNode list = schema.putArray("x-kubernetes-list-map-keys");
                keys.forEach(list::add);
            }
            schema.put(
                    "x-kubernetes-list-type", keys != null ? "map" : ListTypes.isSet(parent, field) ? "set" : "atomic");
        } else if (type.form() == ModelType.Form.MAP && ListTypes.isAtomic(parent, field, type)) {
            schema.put("x-kubernetes-map-type", "atomic");
        }
        return schema;
    }

    private ObjectNode schema(ModelType type, String holder) {
        ObjectNode schema = Json.object();
        switch (type.form()) {
            case OPAQUE -> schema.put("type", "object");
            case QUANTITY -> {
                if (dialect == Dialect.V2) {
                    schema.put("type", "string");
                } else {
                    either(schema, "string", "number");
                }
            }
            case INT_OR_STRING -> {
                schema.put("format", "int-or-string");
                if (dialect == Dialect.V2) {
                    schema.put("type", "string");
                } else {
                    either(schema, "integer", "string");
                }
            }
            case MAP -> schema.put("type", "object").set("additionalProperties", schema(type.element(), holder));
            case LIST -> schema.put("type", "array").set("items", schema(type.element(), holder));
            case STRING -> schema.put("type", "string");
            case BOOLEAN -> schema.put("type", "boolean");
            case INTEGER -> schema.put("type", "integer").put("format", "int32");
            case LONG -> schema.put("type", "integer").put("format", "int64");
            case NUMBER -> schema.put("type", "number").put("format", "double");
            case OBJECT -> schema.put("$ref", dialect.reference(define(type, holder)));
        }
        return schema;
    }

    private static void either(ObjectNode schema, String one, String other) {
        ArrayNode either = schema.putArray("oneOf");
        either.addObject().put("type", one);
        either.addObject().put("type", other);
    }

    /** Clients make strategic merge patches by these. */
    private void addMergeKeys(ModelType type, Set<String> holders) {
        ObjectNode schema = requireNonNull(schemas.get(name(type)));
        schema.path(FIELDS).properties().forEach(entry -> {
            ObjectNode field = (ObjectNode) entry.getValue();
            for (String holder : holders) {
                @Nullable String key = MergeKeys.of(holder, entry.getKey());
                boolean retainsKeys = MergeKeys.retainsKeys(holder, entry.getKey());
                boolean isList = field.path("type").asText().equals("array");
                if (isList && key != null) {
                    field.put("x-kubernetes-patch-merge-key", key);
                    field.put("x-kubernetes-patch-strategy", retainsKeys ? "merge,retainKeys" : "merge");
                } else if (isList && MergeKeys.mergesPrimitives(holder, entry.getKey())) {
                    field.put("x-kubernetes-patch-strategy", "merge");
                } else if (!isList && retainsKeys) {
                    field.put("x-kubernetes-patch-strategy", "retainKeys");
                }
            }
        });
    }

    private static String name(ModelType type) {
        String rest = type.packageName();
        if (!rest.startsWith(MODEL)) {
            return "dev.gantry.v1." + type.name();
        }
        rest = rest.substring(MODEL.length());
        if (rest.isEmpty()) {
            return (META.contains(type.name()) ? "io.k8s.apimachinery.pkg.apis.meta.v1." : "io.k8s.api.core.v1.")
                    + type.name();
        }
        return "io.k8s.api" + (rest.matches(".*\\.v\\d\\w*") ? rest : rest + ".v1") + "." + type.name();
    }
}
