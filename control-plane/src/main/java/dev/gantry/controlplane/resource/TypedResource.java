package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * A served resource with a model class, as controllers see it.
 *
 * @param group the API group, empty for the core group
 * @param version the version that the model class stands for
 * @param plural the resource name, such as {@code pods}
 * @param type the model class
 * @param <T> the model class
 */
public record TypedResource<T extends HasMetadata>(String group, String version, String plural, Class<T> type) {
    public TypedResource {
        requireNonNull(group, "group is null");
        requireNonNull(version, "version is null");
        requireNonNull(plural, "plural is null");
        requireNonNull(type, "type is null");
    }
}
