package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.CONFIG_MAPS;
import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.SECRETS;
import static dev.gantry.controlplane.resource.Resources.SERVICES;

import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.model.ImageStatus;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The sources of one node's pods, from the cluster's objects. */
final class ObjectSources implements Sources {
    private final ClusterObjects objects;
    private final String nodeName;

    ObjectSources(ClusterObjects objects, String nodeName) {
        this.objects = objects;
        this.nodeName = nodeName;
    }

    @Override
    public Optional<ConfigMap> configMap(String namespace, String name) {
        return objects.get(CONFIG_MAPS, namespace, name);
    }

    @Override
    public Optional<Secret> secret(String namespace, String name) {
        return objects.get(SECRETS, namespace, name);
    }

    @Override
    public Optional<String> imageDigest(String canonicalName) {
        return objects.get(IMAGES, null, Image.objectName(canonicalName)).flatMap(image -> {
            ImageStatus status = image.getStatus();
            return status == null ? Optional.empty() : Optional.ofNullable(status.getDigest());
        });
    }

    @Override
    public List<Service> services(String namespace) {
        return objects.list(SERVICES, namespace);
    }

    @Override
    public Map<String, Quantity> nodeAllocatable() {
        return objects.get(NODES, null, nodeName)
                .filter(node -> node.getStatus() != null && node.getStatus().getAllocatable() != null)
                .map(node -> node.getStatus().getAllocatable())
                .orElse(Map.of());
    }
}
