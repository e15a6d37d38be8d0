package dev.gantry.controlplane.dispatch;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a pod's conversion may look at. */
interface Sources {
    Optional<ConfigMap> configMap(String namespace, String name);

    Optional<Secret> secret(String namespace, String name);

    /**
     * The digest that an image's name means in this cluster.
     *
     * @param canonicalName as {@link dev.gantry.common.image.ImageName#toString} writes it
     */
    Optional<String> imageDigest(String canonicalName);

    List<Service> services(String namespace);

    /** What the pod's node can give, for containers without limits of their own. */
    Map<String, Quantity> nodeAllocatable();
}
