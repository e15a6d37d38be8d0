package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The name of an object whose resource is known from the context.
 *
 * @param namespace null for cluster-scoped objects
 */
public record ObjectName(@Nullable String namespace, String name) {
    // Not the compact form: javac would not record for other modules that namespace may be null.
    public ObjectName(@Nullable String namespace, String name) {
        this.namespace = namespace;
        this.name = requireNonNull(name, "name is null");
    }

    public static ObjectName of(HasMetadata object) {
        return new ObjectName(
                object.getMetadata().getNamespace(), object.getMetadata().getName());
    }

    @Override
    public String toString() {
        return namespace == null ? name : namespace + "/" + name;
    }
}
