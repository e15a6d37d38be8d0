package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Fields of a pod's spec that are kept, but that nothing acts on yet: the client is told, rather than left to wonder. */
final class Unhonoured {
    private static final List<String> POD = List.of(
            "topologySpreadConstraints",
            "priorityClassName",
            "runtimeClassName",
            "schedulingGates",
            "readinessGates",
            "resourceClaims",
            "overhead",
            "activeDeadlineSeconds",
            "setHostnameAsFQDN");
    private static final List<String> CONTAINER = List.of("volumeDevices", "resizePolicy", "restartPolicyRules");
    private static final Set<String> VOLUMES = Set.of("persistentVolumeClaim", "ephemeral", "csi", "nfs", "image");

    private Unhonoured() {}

    static void warn(JsonNode spec, String path, Consumer<String> warnings) {
        for (String field : POD) {
            if (isSet(spec.path(field))) {
                warnings.accept("%s.%s: kept, but has no effect yet".formatted(path, field));
            }
        }
        for (String field : List.of("podAffinity", "podAntiAffinity")) {
            if (isSet(spec.path("affinity").path(field))) {
                warnings.accept("%s.affinity.%s: kept, but has no effect yet".formatted(path, field));
            }
        }
        for (String flag : List.of("hostPID", "hostIPC", "shareProcessNamespace")) {
            if (spec.path(flag).asBoolean(false)) {
                warnings.accept("%s.%s: kept, but has no effect yet".formatted(path, flag));
            }
        }
        for (String list : List.of("initContainers", "containers")) {
            List<ObjectNode> containers = objects(spec.path(list));
            for (int i = 0; i < containers.size(); i++) {
                container(containers.get(i), "%s.%s[%d]".formatted(path, list, i), warnings);
            }
        }
        List<ObjectNode> volumes = objects(spec.path("volumes"));
        for (int i = 0; i < volumes.size(); i++) {
            for (String kind : VOLUMES) {
                if (volumes.get(i).has(kind)) {
                    warnings.accept(
                            "%s.volumes[%d].%s: volumes of this kind cannot be mounted yet; a pod with one does not start"
                                    .formatted(path, i, kind));
                }
            }
        }
    }

    private static void container(ObjectNode container, String path, Consumer<String> warnings) {
        for (String field : CONTAINER) {
            if (isSet(container.path(field))) {
                warnings.accept("%s.%s: kept, but has no effect yet".formatted(path, field));
            }
        }
        for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (container.path(probe).has("grpc")) {
                warnings.accept("%s.%s.grpc: kept, but gRPC probes have no effect yet".formatted(path, probe));
            }
        }
        for (ObjectNode mount : objects(container.path("volumeMounts"))) {
            if (!text(mount, "subPathExpr").isEmpty()) {
                warnings.accept(
                        "%s.volumeMounts: subPathExpr is kept, but has no effect yet; use subPath".formatted(path));
            }
        }
    }

    private static boolean isSet(JsonNode value) {
        return !value.isMissingNode() && !value.isNull() && !(value.isContainerNode() && value.isEmpty());
    }
}
