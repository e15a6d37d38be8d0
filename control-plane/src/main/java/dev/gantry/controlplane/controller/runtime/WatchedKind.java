package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.resource.TypedResource;
import io.fabric8.kubernetes.api.model.HasMetadata;

/** One kind of the table of kinds, as controllers need it that work on all kinds. */
public record WatchedKind(TypedResource<? extends HasMetadata> resource, String kind, boolean namespaced) {
    public WatchedKind {
        requireNonNull(resource, "resource is null");
        requireNonNull(kind, "kind is null");
    }
}
