package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.StoredObject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A kind in one of its versions: what a request's path names. */
public record ServedKind(ResourceKind kind, ServedVersion version) {
    public ObjectKey key(@Nullable String namespace, String name) {
        return new ObjectKey(kind.group(), kind.plural(), namespace, name);
    }

    public ApiException.Subject subject(String name) {
        return new ApiException.Subject(version.group(), kind.plural(), name);
    }

    /** The object as this version's clients see it. A fresh tree. */
    public ObjectNode view(StoredObject stored) {
        return view(Json.readObject(stored.json()), stored.revision());
    }

    /** @param storedTree is modified and must not be used afterwards */
    public ObjectNode view(ObjectNode storedTree, long revision) {
        ObjectNode tree = version.fromStored().apply(storedTree);
        tree.put("apiVersion", version.apiVersion());
        Meta.of(tree).put("resourceVersion", Long.toString(revision));
        return tree;
    }

    /** The stored form of a client's object. {@code tree} must not be used afterwards. */
    ObjectNode stored(ObjectNode tree) {
        ObjectNode converted = version.toStored().apply(tree);
        ObjectNode ordered = Json.object();
        ordered.put("apiVersion", kind.storedVersion().apiVersion());
        ordered.put("kind", kind.kind());
        ordered.set("metadata", Meta.of(converted));
        converted.properties().forEach(entry -> {
            if (!ordered.has(entry.getKey())) {
                ordered.set(entry.getKey(), entry.getValue());
            }
        });
        return ordered;
    }

    /** Fields for selectors: the kind's and metadata's. */
    public Map<String, String> selectableFields() {
        Map<String, String> fields = new HashMap<>(kind.selectableFields());
        fields.put("metadata.name", "metadata.name");
        fields.put("metadata.namespace", "metadata.namespace");
        return fields;
    }
}
