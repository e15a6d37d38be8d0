package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.PodValidation.oneOf;
import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Problems;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold for one container of a pod. */
final class ContainerValidation {
    private static final int HIGHEST_PORT = 65_535;

    private ContainerValidation() {}

    /**
     * @param volumes names of the pod's volumes
     * @param hostPorts those that the containers before took; added to
     */
    static void validate(
            ObjectNode container,
            String path,
            boolean init,
            Set<String> volumes,
            Set<String> hostPorts,
            Problems problems) {
        Names.requireLabel(path + ".name", text(container, "name"), problems);
        String image = text(container, "image");
        if (image.isEmpty()) {
            problems.required(path + ".image", "");
        } else if (!image.strip().equals(image) || image.chars().anyMatch(Character::isISOControl)) {
            problems.invalid(
                    path + ".image", image, "must not have leading or trailing whitespace or control characters");
        }
        oneOf(
                path + ".imagePullPolicy",
                text(container, "imagePullPolicy"),
                Set.of("Always", "IfNotPresent", "Never"),
                problems);
        oneOf(
                path + ".terminationMessagePolicy",
                text(container, "terminationMessagePolicy"),
                Set.of("File", "FallbackToLogsOnError"),
                problems);
        restartPolicy(container, path, init, problems);
        ports(container, path, hostPorts, problems);
        env(container, path, problems);
        mounts(container, path, volumes, problems);
        Amounts.validateResources(container.path("resources"), path + ".resources", problems);
        probes(container, path, init, problems);
        for (String hook : List.of("postStart", "preStop")) {
            if (container.path("lifecycle").has(hook)) {
                action(container.path("lifecycle").path(hook), path + ".lifecycle." + hook, problems);
            }
        }
        security(container.path("securityContext"), path + ".securityContext", problems);
    }

    private static void restartPolicy(ObjectNode container, String path, boolean init, Problems problems) {
        if (container.hasNonNull("restartPolicy")) {
            if (!init) {
                problems.forbidden(
                        path + ".restartPolicy", "only an init container may have one: Always makes it a sidecar");
            } else {
                oneOf(path + ".restartPolicy", text(container, "restartPolicy"), Set.of("Always"), problems);
            }
        }
    }

    private static void ports(ObjectNode container, String path, Set<String> hostPorts, Problems problems) {
        Set<String> names = new HashSet<>();
        List<ObjectNode> ports = objects(container.path("ports"));
        for (int i = 0; i < ports.size(); i++) {
            ObjectNode port = ports.get(i);
            String field = "%s.ports[%d]".formatted(path, i);
            port(field + ".containerPort", port.path("containerPort"), problems);
            oneOf(field + ".protocol", text(port, "protocol"), Set.of("TCP", "UDP"), problems);
            String name = text(port, "name");
            if (!name.isEmpty()) {
                if (!Names.isPortName(name)) {
                    problems.invalid(
                            field + ".name",
                            name,
                            "a port's name has at most 15 lower case letters, digits or '-', and at least one letter");
                } else if (!names.add(name)) {
                    problems.duplicate(field + ".name", name);
                }
            }
            if (port.path("hostPort").asInt(0) != 0) {
                port(field + ".hostPort", port.path("hostPort"), problems);
                String taken = "%s/%s/%d"
                        .formatted(
                                text(port, "protocol"),
                                text(port, "hostIP"),
                                port.path("hostPort").asInt());
                if (!hostPorts.add(taken)) {
                    problems.duplicate(field + ".hostPort", taken);
                }
            }
        }
    }

    static void port(String field, JsonNode port, Problems problems) {
        if (port.asInt(0) < 1 || port.asInt(0) > HIGHEST_PORT) {
            problems.invalid(field, port.asInt(0), "must be between 1 and 65535, inclusive");
        }
    }

    private static void env(ObjectNode container, String path, Problems problems) {
        List<ObjectNode> variables = objects(container.path("env"));
        for (int i = 0; i < variables.size(); i++) {
            ObjectNode variable = variables.get(i);
            String field = "%s.env[%d]".formatted(path, i);
            String name = text(variable, "name");
            if (name.isEmpty()) {
                problems.required(field + ".name", "");
            } else if (!Names.isEnvironmentName(name)) {
                problems.invalid(
                        field + ".name",
                        name,
                        "must consist of letters, digits, '_', '-' or '.', and not start with a digit");
            }
            if (variable.has("valueFrom")) {
                if (!text(variable, "value").isEmpty()) {
                    problems.invalid(field + ".valueFrom", "", "may not be specified when `value` is not empty");
                }
                if (variable.path("valueFrom").size() != 1) {
                    problems.invalid(
                            field + ".valueFrom",
                            "",
                            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
                }
            }
        }
        List<ObjectNode> sources = objects(container.path("envFrom"));
        for (int i = 0; i < sources.size(); i++) {
            if (!sources.get(i).has("configMapRef") && !sources.get(i).has("secretRef")) {
                problems.invalid(
                        "%s.envFrom[%d]".formatted(path, i), "", "must specify one of: `configMapRef` or `secretRef`");
            }
        }
    }

    private static void mounts(ObjectNode container, String path, Set<String> volumes, Problems problems) {
        Set<String> paths = new HashSet<>();
        List<ObjectNode> mounts = objects(container.path("volumeMounts"));
        for (int i = 0; i < mounts.size(); i++) {
            ObjectNode mount = mounts.get(i);
            String field = "%s.volumeMounts[%d]".formatted(path, i);
            String volume = text(mount, "name");
            if (volume.isEmpty()) {
                problems.required(field + ".name", "");
            } else if (!volumes.contains(volume)) {
                problems.notFound(field + ".name", volume);
            }
            String target = text(mount, "mountPath");
            if (target.isEmpty()) {
                problems.required(field + ".mountPath", "");
            } else if (target.chars().anyMatch(c -> c == 0 || c == ':')) {
                problems.invalid(field + ".mountPath", target, "must not contain ':' or NUL");
            } else if (target.equals("/proc") || target.startsWith("/proc/")) {
                problems.invalid(field + ".mountPath", target, "nothing may be mounted over /proc");
            } else if (!paths.add(target)) {
                problems.invalid(field + ".mountPath", target, "must be unique");
            }
            String subPath = text(mount, "subPath");
            if (subPath.startsWith("/") || List.of(subPath.split("/")).contains("..")) {
                problems.invalid(field + ".subPath", subPath, "must be a relative path without '..'");
            }
        }
    }

    private static void probes(ObjectNode container, String path, boolean init, Problems problems) {
        boolean sidecar = text(container, "restartPolicy").equals("Always");
        for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (!container.has(probe)) {
                continue;
            }
            String field = path + "." + probe;
            JsonNode node = container.path(probe);
            if (init && !sidecar) {
                problems.forbidden(field, "may not be set for init containers without restartPolicy=Always");
                continue;
            }
            action(node, field, problems);
            for (String number : List.of("timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")) {
                if (node.path(number).asInt(1) < 1) {
                    problems.invalid(field + "." + number, node.path(number).asInt(), "must be greater than 0");
                }
            }
            if (node.path("initialDelaySeconds").asInt(0) < 0) {
                problems.invalid(
                        field + ".initialDelaySeconds",
                        node.path("initialDelaySeconds").asInt(),
                        "must not be negative");
            }
            if (!probe.equals("readinessProbe") && node.path("successThreshold").asInt(1) != 1) {
                problems.invalid(
                        field + ".successThreshold",
                        node.path("successThreshold").asInt(),
                        "must be 1");
            }
        }
    }

    private static void action(JsonNode handler, String path, Problems problems) {
        List<String> actions = List.of("exec", "httpGet", "tcpSocket", "grpc", "sleep").stream()
                .filter(handler::has)
                .toList();
        if (actions.isEmpty()) {
            problems.required(path, "must specify a handler type: exec, httpGet, tcpSocket or sleep");
        } else if (actions.size() > 1) {
            problems.forbidden(path, "may not specify more than 1 handler type");
        }
        if (handler.has("exec") && handler.path("exec").path("command").isEmpty()) {
            problems.required(path + ".exec.command", "");
        }
        for (String kind : List.of("httpGet", "tcpSocket")) {
            if (handler.has(kind)) {
                JsonNode port = handler.path(kind).path("port");
                if (port.isTextual()
                        ? !Names.isPortName(port.asText())
                        : port.asInt(0) < 1 || port.asInt(0) > HIGHEST_PORT) {
                    problems.invalid(
                            path + "." + kind + ".port", port.asText(), "must be a port's number (1 to 65535) or name");
                }
            }
        }
        if (handler.has("httpGet")) {
            oneOf(path + ".httpGet.scheme", text(handler.path("httpGet"), "scheme"), Set.of("HTTP", "HTTPS"), problems);
        }
    }

    private static void security(JsonNode context, String path, Problems problems) {
        for (String id : List.of("runAsUser", "runAsGroup")) {
            if (context.path(id).asLong(0) < 0) {
                problems.invalid(
                        path + "." + id, context.path(id).asLong(), "must be between 0 and 2147483647, inclusive");
            }
        }
        if (context.path("privileged").asBoolean(false)
                && !context.path("allowPrivilegeEscalation").asBoolean(true)) {
            problems.invalid(path, "", "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
    }
}
