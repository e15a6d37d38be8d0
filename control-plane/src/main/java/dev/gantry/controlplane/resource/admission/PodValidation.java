package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Problems;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold for a pod's spec, in a pod or in a template (k8s.io/kubernetes, pkg/apis/core/validation). */
final class PodValidation {
    private static final Set<String> RESTART_POLICIES = Set.of("Always", "OnFailure", "Never");
    private static final Set<String> DNS_POLICIES =
            Set.of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
    private static final Set<String> VOLUME_SOURCES = Set.of(
            "emptyDir",
            "configMap",
            "secret",
            "hostPath",
            "projected",
            "downwardAPI",
            "persistentVolumeClaim",
            "ephemeral",
            "csi",
            "nfs",
            "image");

    private PodValidation() {}

    /** @param path of the spec, such as {@code spec.template.spec} */
    static void validate(JsonNode spec, String path, Problems problems) {
        if (!spec.isObject()) {
            problems.required(path, "");
            return;
        }
        oneOf(path + ".restartPolicy", text(spec, "restartPolicy"), RESTART_POLICIES, problems);
        oneOf(path + ".dnsPolicy", text(spec, "dnsPolicy"), DNS_POLICIES, problems);
        if (spec.path("terminationGracePeriodSeconds").asLong() < 0) {
            problems.invalid(
                    path + ".terminationGracePeriodSeconds",
                    spec.path("terminationGracePeriodSeconds").asLong(),
                    "must be greater than or equal to 0");
        }
        if (spec.hasNonNull("hostname")) {
            Names.requireLabel(path + ".hostname", text(spec, "hostname"), problems);
        }
        if (spec.path("hostNetwork").asBoolean(false) && !spec.path("hostUsers").asBoolean(true)) {
            problems.forbidden(
                    path + ".hostUsers",
                    "a pod in the host's network cannot have users of its own: remove hostNetwork or hostUsers");
        }
        if (text(spec, "dnsPolicy").equals("None")
                && spec.path("dnsConfig").path("nameservers").isEmpty()) {
            problems.required(
                    path + ".dnsConfig.nameservers", "must provide at least one DNS nameserver when dnsPolicy is None");
        }
        MetadataRules.validateLabels(path + ".nodeSelector", spec.path("nodeSelector"), problems);
        Set<String> volumes = volumes(spec, path, problems);
        containers(spec, path, volumes, problems);
        tolerations(spec.path("tolerations"), path + ".tolerations", problems);
    }

    private static void containers(JsonNode spec, String path, Set<String> volumes, Problems problems) {
        if (objects(spec.path("containers")).isEmpty()) {
            problems.required(path + ".containers", "a pod has at least one container");
        }
        Set<String> names = new HashSet<>();
        Set<String> hostPorts = new HashSet<>();
        for (String list : List.of("initContainers", "containers")) {
            List<ObjectNode> containers = objects(spec.path(list));
            for (int i = 0; i < containers.size(); i++) {
                String field = "%s.%s[%d]".formatted(path, list, i);
                ContainerValidation.validate(
                        containers.get(i), field, list.equals("initContainers"), volumes, hostPorts, problems);
                String name = text(containers.get(i), "name");
                if (!name.isEmpty() && !names.add(name)) {
                    problems.duplicate(field + ".name", name);
                }
            }
        }
        if (!objects(spec.path("ephemeralContainers")).isEmpty()) {
            problems.forbidden(path + ".ephemeralContainers", "cannot be set here");
        }
    }

    private static Set<String> volumes(JsonNode spec, String path, Problems problems) {
        Set<String> names = new HashSet<>();
        List<ObjectNode> volumes = objects(spec.path("volumes"));
        for (int i = 0; i < volumes.size(); i++) {
            ObjectNode volume = volumes.get(i);
            String field = "%s.volumes[%d]".formatted(path, i);
            String name = text(volume, "name");
            Names.requireLabel(field + ".name", name, problems);
            if (!name.isEmpty() && !names.add(name)) {
                problems.duplicate(field + ".name", name);
            }
            long sources = volume.properties().stream()
                    .filter(each -> !each.getKey().equals("name"))
                    .count();
            if (sources > 1) {
                problems.forbidden(field, "may not specify more than 1 volume type");
            }
            volume.properties().forEach(each -> {
                if (!each.getKey().equals("name") && !VOLUME_SOURCES.contains(each.getKey())) {
                    problems.unsupported(field, each.getKey(), VOLUME_SOURCES);
                }
            });
            volumeSource(volume, field, problems);
        }
        return names;
    }

    private static void volumeSource(ObjectNode volume, String field, Problems problems) {
        if (volume.has("configMap") && text(volume.path("configMap"), "name").isEmpty()) {
            problems.required(field + ".configMap.name", "");
        }
        if (volume.has("secret") && text(volume.path("secret"), "secretName").isEmpty()) {
            problems.required(field + ".secret.secretName", "");
        }
        if (volume.has("hostPath")) {
            String hostPath = text(volume.path("hostPath"), "path");
            if (hostPath.isEmpty()) {
                problems.required(field + ".hostPath.path", "");
            } else if (List.of(hostPath.split("/")).contains("..")) {
                problems.invalid(field + ".hostPath.path", hostPath, "must not contain '..'");
            }
        }
        if (volume.path("emptyDir").hasNonNull("sizeLimit")) {
            Amounts.validate(
                    field + ".emptyDir.sizeLimit", volume.path("emptyDir").path("sizeLimit"), problems);
        }
        for (String kind : List.of("configMap", "secret", "downwardAPI", "projected")) {
            JsonNode mode = volume.path(kind).path("defaultMode");
            if (mode.isNumber() && (mode.asInt() < 0 || mode.asInt() > 0777)) {
                problems.invalid(
                        field + "." + kind + ".defaultMode",
                        mode.asInt(),
                        "must be a number between 0 and 0777 (octal), both inclusive");
            }
            items(volume.path(kind).path("items"), field + "." + kind + ".items", problems);
        }
        List<ObjectNode> sources = objects(volume.path("projected").path("sources"));
        for (int i = 0; i < sources.size(); i++) {
            for (String kind : List.of("configMap", "secret", "downwardAPI")) {
                items(
                        sources.get(i).path(kind).path("items"),
                        "%s.projected.sources[%d].%s.items".formatted(field, i, kind),
                        problems);
            }
        }
    }

    private static void items(JsonNode items, String field, Problems problems) {
        List<ObjectNode> all = objects(items);
        for (int i = 0; i < all.size(); i++) {
            String path = text(all.get(i), "path");
            if (path.isEmpty()) {
                problems.required("%s[%d].path".formatted(field, i), "");
            } else if (path.startsWith("/") || List.of(path.split("/")).contains("..")) {
                problems.invalid("%s[%d].path".formatted(field, i), path, "must be a relative path without '..'");
            }
        }
    }

    private static void tolerations(JsonNode tolerations, String path, Problems problems) {
        List<ObjectNode> all = objects(tolerations);
        for (int i = 0; i < all.size(); i++) {
            String field = "%s[%d]".formatted(path, i);
            String operator = text(all.get(i), "operator");
            oneOf(field + ".operator", operator, Set.of("", "Exists", "Equal"), problems);
            oneOf(
                    field + ".effect",
                    text(all.get(i), "effect"),
                    Set.of("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
                    problems);
            if (operator.equals("Exists") && !text(all.get(i), "value").isEmpty()) {
                problems.invalid(
                        field + ".value", text(all.get(i), "value"), "value must be empty when `operator` is 'Exists'");
            }
        }
    }

    static void oneOf(String field, String value, Set<String> allowed, Problems problems) {
        if (!allowed.contains(value)) {
            problems.unsupported(field, value, allowed);
        }
    }
}
