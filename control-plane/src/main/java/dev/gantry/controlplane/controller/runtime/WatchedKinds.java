package dev.gantry.controlplane.controller.runtime;

import dev.gantry.controlplane.resource.KindTable;
import dev.gantry.controlplane.resource.ResourceKind;
import dev.gantry.controlplane.resource.Resources;
import dev.gantry.controlplane.resource.TypedResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;

/** The table of kinds at this moment, each in its stored version; kinds come and go while serving. Safe for use by many threads. */
public interface WatchedKinds {
    List<WatchedKind> all();

    /** The kinds that are always there. */
    static WatchedKinds builtIn() {
        List<WatchedKind> kinds = List.of(
                new WatchedKind(Resources.NAMESPACES, "Namespace", false),
                new WatchedKind(Resources.NODES, "Node", false),
                new WatchedKind(Resources.IMAGES, "Image", false),
                new WatchedKind(Resources.DEPLOYMENTS, "Deployment", true),
                new WatchedKind(Resources.REPLICA_SETS, "ReplicaSet", true),
                new WatchedKind(Resources.PODS, "Pod", true),
                new WatchedKind(Resources.SERVICES, "Service", true),
                new WatchedKind(Resources.ENDPOINT_SLICES, "EndpointSlice", true),
                new WatchedKind(Resources.CONFIG_MAPS, "ConfigMap", true),
                new WatchedKind(Resources.SECRETS, "Secret", true),
                new WatchedKind(Resources.SERVICE_ACCOUNTS, "ServiceAccount", true),
                new WatchedKind(Resources.EVENTS, "Event", true));
        return () -> kinds;
    }

    /** The kinds that {@code table} serves; those without a model class of ours as generic ones. */
    static WatchedKinds of(KindTable table) {
        List<WatchedKind> builtIn = builtIn().all();
        return () -> table.all().stream()
                .filter(served -> served.version().equals(served.kind().storedVersion()))
                .map(served -> watched(served.kind(), builtIn))
                .toList();
    }

    private static WatchedKind watched(ResourceKind kind, List<WatchedKind> builtIn) {
        TypedResource<? extends HasMetadata> generic = new TypedResource<>(
                kind.group(), kind.storedVersion().version(), kind.plural(), GenericKubernetesResource.class);
        TypedResource<? extends HasMetadata> resource = builtIn.stream()
                .<TypedResource<? extends HasMetadata>>map(WatchedKind::resource)
                .filter(known -> known.group().equals(generic.group())
                        && known.version().equals(generic.version())
                        && known.plural().equals(generic.plural()))
                .findFirst()
                .orElse(generic);
        return new WatchedKind(resource, kind.kind(), kind.namespaced());
    }
}
