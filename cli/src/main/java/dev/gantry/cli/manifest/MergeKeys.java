package dev.gantry.cli.manifest;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The merge keys of lists, from {@code x-kubernetes-patch-merge-key} of Kubernetes' OpenAPI document, by the last names of the path. */
final class MergeKeys {
    private static final Map<String, String> BY_SUFFIX = Map.ofEntries(
            Map.entry("containers", "name"),
            Map.entry("initContainers", "name"),
            Map.entry("ephemeralContainers", "name"),
            Map.entry("env", "name"),
            Map.entry("volumes", "name"),
            Map.entry("volumeMounts", "mountPath"),
            Map.entry("volumeDevices", "devicePath"),
            Map.entry("imagePullSecrets", "name"),
            Map.entry("hostAliases", "ip"),
            Map.entry("topologySpreadConstraints", "topologyKey"),
            Map.entry("conditions", "type"),
            Map.entry("ownerReferences", "uid"),
            Map.entry("secrets", "name"));

    private MergeKeys() {}

    /** Null when the list is replaced whole. */
    static @Nullable String of(String path) {
        String name = path.substring(path.lastIndexOf('.') + 1);
        if (name.equals("ports")) {
            return path.endsWith("containers.ports") || path.endsWith("Containers.ports") ? "containerPort" : "port";
        }
        return BY_SUFFIX.get(name);
    }
}
