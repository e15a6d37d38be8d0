package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The name of one stored object.
 *
 * @param group the API group, empty for the core group
 * @param resource the plural resource name, such as {@code pods}
 * @param namespace null for cluster-scoped objects
 * @param name the object's name
 */
public record ObjectKey(
        String group, String resource, @Nullable String namespace, String name) {
    public ObjectKey {
        requireNonNull(group, "group is null");
        requireNonNull(resource, "resource is null");
        requireNonNull(name, "name is null");
    }
}
