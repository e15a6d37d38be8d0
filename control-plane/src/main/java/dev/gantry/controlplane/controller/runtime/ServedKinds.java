package dev.gantry.controlplane.controller.runtime;

import dev.gantry.controlplane.resource.Resources;
import java.util.List;

/** The table of kinds at this moment; kinds come and go while serving. Safe for use by many threads. */
public interface ServedKinds {
    List<ServedKind> all();

    /** The kinds that are always there. */
    static ServedKinds builtIn() {
        List<ServedKind> kinds = List.of(
                new ServedKind(Resources.NAMESPACES, "Namespace", false),
                new ServedKind(Resources.NODES, "Node", false),
                new ServedKind(Resources.IMAGES, "Image", false),
                new ServedKind(Resources.DEPLOYMENTS, "Deployment", true),
                new ServedKind(Resources.REPLICA_SETS, "ReplicaSet", true),
                new ServedKind(Resources.PODS, "Pod", true),
                new ServedKind(Resources.SERVICES, "Service", true),
                new ServedKind(Resources.ENDPOINT_SLICES, "EndpointSlice", true),
                new ServedKind(Resources.CONFIG_MAPS, "ConfigMap", true),
                new ServedKind(Resources.SECRETS, "Secret", true),
                new ServedKind(Resources.SERVICE_ACCOUNTS, "ServiceAccount", true),
                new ServedKind(Resources.EVENTS, "Event", true));
        return () -> kinds;
    }
}
