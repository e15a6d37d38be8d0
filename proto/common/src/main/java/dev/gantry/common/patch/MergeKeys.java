package dev.gantry.common.patch;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which lists a strategic merge patch merges, and by which field of their elements: Kubernetes' {@code x-kubernetes-patch-merge-key} and {@code
 * x-kubernetes-patch-strategy} for the kinds that are served. A list that is not named here is replaced as a whole. Fields are named with the field that
 * holds them, so a pod template's lists are found wherever the template stands; a list at an object's root has the parent "".
 */
public final class MergeKeys {
    private static final Map<String, String> KEYS = Map.ofEntries(
            Map.entry("spec.containers", "name"),
            Map.entry("spec.initContainers", "name"),
            Map.entry("spec.ephemeralContainers", "name"),
            Map.entry("spec.volumes", "name"),
            Map.entry("spec.imagePullSecrets", "name"),
            Map.entry("spec.hostAliases", "ip"),
            Map.entry("spec.topologySpreadConstraints", "topologyKey"),
            Map.entry("spec.schedulingGates", "name"),
            Map.entry("spec.resourceClaims", "name"),
            Map.entry("spec.ports", "port"),
            Map.entry("containers.env", "name"),
            Map.entry("containers.ports", "containerPort"),
            Map.entry("containers.volumeMounts", "mountPath"),
            Map.entry("containers.volumeDevices", "devicePath"),
            Map.entry("initContainers.env", "name"),
            Map.entry("initContainers.ports", "containerPort"),
            Map.entry("initContainers.volumeMounts", "mountPath"),
            Map.entry("initContainers.volumeDevices", "devicePath"),
            Map.entry("ephemeralContainers.env", "name"),
            Map.entry("ephemeralContainers.ports", "containerPort"),
            Map.entry("ephemeralContainers.volumeMounts", "mountPath"),
            Map.entry("ephemeralContainers.volumeDevices", "devicePath"),
            Map.entry("metadata.ownerReferences", "uid"),
            Map.entry("status.conditions", "type"),
            Map.entry("status.addresses", "type"),
            Map.entry("status.podIPs", "ip"),
            Map.entry("status.hostIPs", "ip"),
            Map.entry(".secrets", "name"));

    private static final Set<String> PRIMITIVES = Set.of("metadata.finalizers", "spec.podCIDRs");

    private static final Set<String> RETAIN_KEYS =
            Set.of("spec.strategy", "spec.volumes", "spec.resourceClaims", "status.resourceClaimStatuses");

    private MergeKeys() {}

    /** @return null when the list is not merged by a key */
    public static @Nullable String of(String parent, String field) {
        return KEYS.get(parent + "." + field);
    }

    /** Whether a list of plain values is merged as a set. */
    public static boolean mergesPrimitives(String parent, String field) {
        return PRIMITIVES.contains(parent + "." + field);
    }

    /** Whether a patch says which fields of a value, or of each of its elements, remain: where one field excludes the others. */
    public static boolean retainsKeys(String parent, String field) {
        return RETAIN_KEYS.contains(parent + "." + field);
    }
}
