package dev.gantry.controlplane.resource;

import dev.gantry.controlplane.resource.model.Image;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;

/** The built-in resources, as controllers name them. */
public final class Resources {
    public static final TypedResource<Namespace> NAMESPACES = core("namespaces", Namespace.class);
    public static final TypedResource<Node> NODES = core("nodes", Node.class);
    public static final TypedResource<Pod> PODS = core("pods", Pod.class);
    public static final TypedResource<ConfigMap> CONFIG_MAPS = core("configmaps", ConfigMap.class);
    public static final TypedResource<Secret> SECRETS = core("secrets", Secret.class);
    public static final TypedResource<ServiceAccount> SERVICE_ACCOUNTS = core("serviceaccounts", ServiceAccount.class);
    public static final TypedResource<Service> SERVICES = core("services", Service.class);
    public static final TypedResource<Event> EVENTS = core("events", Event.class);
    public static final TypedResource<EndpointSlice> ENDPOINT_SLICES =
            new TypedResource<>("discovery.k8s.io", "v1", "endpointslices", EndpointSlice.class);
    public static final TypedResource<Deployment> DEPLOYMENTS =
            new TypedResource<>("apps", "v1", "deployments", Deployment.class);
    public static final TypedResource<ReplicaSet> REPLICA_SETS =
            new TypedResource<>("apps", "v1", "replicasets", ReplicaSet.class);
    public static final TypedResource<Image> IMAGES = new TypedResource<>("gantry.dev", "v1", "images", Image.class);

    private Resources() {}

    private static <T extends io.fabric8.kubernetes.api.model.HasMetadata> TypedResource<T> core(
            String plural, Class<T> type) {
        return new TypedResource<>("", "v1", plural, type);
    }
}
