package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;
import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.setDefault;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Services. Addresses and node ports are allocated by {@link ServiceClaims}. */
public final class ServiceRules implements KindRules {
    /** Kubernetes' default, and its most: a day. */
    private static final int AFFINITY_SECONDS = 10_800;

    private static final int LONGEST_AFFINITY_SECONDS = 86_400;

    @Override
    public boolean hasGeneration() {
        return false;
    }

    @Override
    public void prepareCreate(ObjectNode service) {
        service.putObject("status").putObject("loadBalancer");
    }

    /** What was allocated stays when the client does not say otherwise: a manifest does not know its address. */
    @Override
    public void prepareUpdate(ObjectNode old, ObjectNode updated) {
        JsonNode before = old.path("spec");
        ObjectNode spec = child(updated, "spec");
        if (text(spec, "type").equals("ExternalName")) {
            return;
        }
        if (text(spec, "clusterIP").isEmpty() && before.has("clusterIP")) {
            spec.set("clusterIP", before.get("clusterIP"));
        }
        if (!text(spec, "type").equals("NodePort") && !text(spec, "type").equals("LoadBalancer")) {
            return;
        }
        for (ObjectNode port : objects(spec.path("ports"))) {
            for (ObjectNode previous : objects(before.path("ports"))) {
                if (!port.hasNonNull("nodePort")
                        && previous.hasNonNull("nodePort")
                        && port.path("port").equals(previous.path("port"))
                        && text(previous, "protocol")
                                .equals(text(port, "protocol").isEmpty() ? "TCP" : text(port, "protocol"))) {
                    port.set("nodePort", previous.get("nodePort"));
                }
            }
        }
    }

    @Override
    public void applyDefaults(ObjectNode service) {
        ObjectNode spec = child(service, "spec");
        setDefault(spec, "type", "ClusterIP");
        setDefault(spec, "sessionAffinity", "None");
        if (text(spec, "sessionAffinity").equals("ClientIP")) {
            setDefault(child(child(spec, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds", AFFINITY_SECONDS);
        } else {
            spec.remove("sessionAffinityConfig");
        }
        for (ObjectNode port : objects(spec.path("ports"))) {
            setDefault(port, "protocol", "TCP");
            if (!port.hasNonNull("targetPort")) {
                port.set("targetPort", port.path("port").deepCopy());
            }
        }
        String type = text(spec, "type");
        if (type.equals("ExternalName")) {
            spec.remove(List.of("clusterIP", "clusterIPs"));
            return;
        }
        setDefault(spec, "internalTrafficPolicy", "Cluster");
        setDefault(spec, "ipFamilyPolicy", "SingleStack");
        if (!spec.has("ipFamilies")) {
            spec.putArray("ipFamilies").add("IPv4");
        }
        if (type.equals("NodePort") || type.equals("LoadBalancer")) {
            setDefault(spec, "externalTrafficPolicy", "Cluster");
        } else {
            spec.remove("externalTrafficPolicy");
            objects(spec.path("ports")).forEach(port -> port.remove("nodePort"));
        }
    }

    @Override
    public void validate(ObjectNode service, Problems problems) {
        JsonNode spec = service.path("spec");
        String type = text(spec, "type");
        PodValidation.oneOf(
                "spec.type", type, Set.of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"), problems);
        PodValidation.oneOf(
                "spec.sessionAffinity", text(spec, "sessionAffinity"), Set.of("None", "ClientIP"), problems);
        MetadataRules.validateLabels("spec.selector", spec.path("selector"), problems);
        boolean headless = text(spec, "clusterIP").equals("None");
        if (headless && !type.equals("ClusterIP")) {
            problems.invalid("spec.clusterIP", "None", "may not be set to 'None' for %s services".formatted(type));
        }
        if (type.equals("ExternalName")) {
            Names.subdomainFault(text(spec, "externalName"))
                    .ifPresent(why -> problems.invalid("spec.externalName", text(spec, "externalName"), why));
        } else if (objects(spec.path("ports")).isEmpty() && !headless) {
            problems.required("spec.ports", "");
        }
        validateAffinity(spec, problems);
        validatePorts(spec, problems);
    }

    private static void validateAffinity(JsonNode spec, Problems problems) {
        JsonNode timeout = spec.at("/sessionAffinityConfig/clientIP/timeoutSeconds");
        if (!timeout.isMissingNode() && (timeout.asInt() < 1 || timeout.asInt() > LONGEST_AFFINITY_SECONDS)) {
            problems.invalid(
                    "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
                    timeout.asText(),
                    "must be from 1 to %d".formatted(LONGEST_AFFINITY_SECONDS));
        }
    }

    private static void validatePorts(JsonNode spec, Problems problems) {
        List<ObjectNode> ports = objects(spec.path("ports"));
        Set<String> names = new HashSet<>();
        Set<String> numbers = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            ObjectNode port = ports.get(i);
            String field = "spec.ports[%d]".formatted(i);
            ContainerValidation.port(field + ".port", port.path("port"), problems);
            PodValidation.oneOf(field + ".protocol", text(port, "protocol"), Set.of("TCP", "UDP"), problems);
            String name = text(port, "name");
            if (ports.size() > 1 && name.isEmpty()) {
                problems.required(field + ".name", "every port of several has a name");
            } else if (!name.isEmpty()) {
                Names.requireLabel(field + ".name", name, problems);
                if (!names.add(name)) {
                    problems.duplicate(field + ".name", name);
                }
            }
            if (!numbers.add(text(port, "protocol") + "/" + port.path("port").asInt())) {
                problems.duplicate(
                        field, text(port, "protocol") + "/" + port.path("port").asInt());
            }
            JsonNode target = port.path("targetPort");
            if (target.isTextual()
                    ? !Names.isPortName(target.asText())
                    : target.asInt() < 1 || target.asInt() > 65_535) {
                problems.invalid(
                        field + ".targetPort", target.asText(), "must be a port's number (1 to 65535) or name");
            }
        }
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode updated, Problems problems) {
        String before = text(old.path("spec"), "clusterIP");
        String after = text(updated.path("spec"), "clusterIP");
        boolean external = text(updated.path("spec"), "type").equals("ExternalName");
        if (!before.isEmpty() && !external && !before.equals(after)) {
            problems.invalid("spec.clusterIP", after, "field is immutable");
        }
    }

    @Override
    public void warn(ObjectNode service, Consumer<String> warnings) {
        JsonNode spec = service.path("spec");
        String type = text(spec, "type");
        if (type.equals("LoadBalancer") || type.equals("ExternalName")) {
            warnings.accept("spec.type: %s is kept, but has no effect yet beyond %s"
                    .formatted(type, type.equals("LoadBalancer") ? "its node ports" : "its record"));
        }
        JsonNode timeout = spec.at("/sessionAffinityConfig/clientIP/timeoutSeconds");
        if (timeout.asInt(AFFINITY_SECONDS) != AFFINITY_SECONDS) {
            warnings.accept("spec.sessionAffinityConfig.clientIP.timeoutSeconds: kept, but has no effect:"
                    + " a client keeps its endpoint for as long as the endpoint is ready");
        }
        for (String policy : List.of("internalTrafficPolicy", "externalTrafficPolicy")) {
            if (text(spec, policy).equals("Local")) {
                warnings.accept("spec.%s: Local is kept, but has no effect yet: all ready endpoints are used"
                        .formatted(policy));
            }
        }
        if (!spec.path("externalIPs").isEmpty()) {
            warnings.accept("spec.externalIPs: kept, but has no effect yet");
        }
    }
}
