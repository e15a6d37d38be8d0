package dev.gantry.controlplane.dispatch;

import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.dispatch.Hold.HoldException;
import dev.gantry.wire.node.v1.EnvironmentVariable.NodeField;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The downward API: what a pod may be told about itself, by field path or by resource. */
final class PodFields {
    private static final Pattern SUBSCRIPT = Pattern.compile("metadata\\.(labels|annotations)\\['(.*)'\\]");

    private PodFields() {}

    /** A field that only the node knows; empty for all others. */
    static Optional<NodeField> nodeField(String path) {
        return switch (path) {
            case "status.podIP" -> Optional.of(NodeField.POD_ADDRESS);
            case "status.podIPs" -> Optional.of(NodeField.POD_ADDRESSES);
            case "status.hostIP" -> Optional.of(NodeField.HOST_ADDRESS);
            case "status.hostIPs" -> Optional.of(NodeField.HOST_ADDRESSES);
            default -> Optional.empty();
        };
    }

    static String value(Pod pod, String path) throws HoldException {
        Matcher subscript = SUBSCRIPT.matcher(path);
        if (subscript.matches()) {
            return map(pod, subscript.group(1)).getOrDefault(subscript.group(2), "");
        }
        return switch (path) {
            case "metadata.name" -> pod.getMetadata().getName();
            case "metadata.namespace" -> pod.getMetadata().getNamespace();
            case "metadata.uid" -> pod.getMetadata().getUid();
            case "metadata.labels" -> lines(map(pod, "labels"));
            case "metadata.annotations" -> lines(map(pod, "annotations"));
            case "spec.nodeName" -> pod.getSpec().getNodeName();
            case "spec.serviceAccountName" -> requireNonNullElse(pod.getSpec().getServiceAccountName(), "default");
            default ->
                throw new HoldException(
                        "the field path %s is not one that a container can be told; expected metadata.name,"
                                        .formatted(path)
                                + " metadata.namespace, metadata.uid, metadata.labels, metadata.annotations,"
                                + " spec.nodeName, spec.serviceAccountName, status.podIP(s) or status.hostIP(s)");
        };
    }

    /** A limit or request, in units of the divisor, rounded up; without a limit, what the node can give. */
    static String resource(Pod pod, Container self, ResourceFieldSelector selector, Map<String, Quantity> allocatable)
            throws HoldException {
        Container container = named(pod, self, selector.getContainerName());
        String[] path = selector.getResource().split("\\.", 2);
        if (path.length != 2 || !(path[0].equals("limits") || path[0].equals("requests"))) {
            throw new HoldException("the resource %s is neither limits.… nor requests.…, such as limits.memory"
                    .formatted(selector.getResource()));
        }
        Quantity limit = Amounts.limits(container).get(path[1]);
        Quantity amount = path[0].equals("limits")
                ? requireNonNullElse(limit, allocatable.getOrDefault(path[1], new Quantity("0")))
                : Amounts.requests(container).getOrDefault(path[1], limit);
        Quantity divisor = selector.getDivisor();
        BigDecimal unit = divisor == null || divisor.getNumericalAmount().signum() <= 0
                ? BigDecimal.ONE
                : divisor.getNumericalAmount();
        return Long.toString(Amounts.units(amount, unit));
    }

    private static Container named(Pod pod, Container self, String name) throws HoldException {
        if (name == null || name.isEmpty() || name.equals(self.getName())) {
            return self;
        }
        return allContainers(pod).stream()
                .filter(container -> container.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new HoldException("the pod has no container %s".formatted(name)));
    }

    /** Init containers first. */
    static List<Container> allContainers(Pod pod) {
        List<Container> all = new ArrayList<>();
        Stream.of(pod.getSpec().getInitContainers(), pod.getSpec().getContainers())
                .filter(list -> list != null)
                .forEach(all::addAll);
        return all;
    }

    private static Map<String, String> map(Pod pod, String which) {
        Map<String, String> map = which.equals("labels")
                ? pod.getMetadata().getLabels()
                : pod.getMetadata().getAnnotations();
        return map == null ? Map.of() : map;
    }

    /** One {@code key="escaped value"} a line, sorted, as Kubernetes writes such files. */
    private static String lines(Map<String, String> map) {
        return new TreeMap<>(map)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + quoted(entry.getValue()))
                        .collect(Collectors.joining("\n"));
    }

    private static String quoted(String text) {
        return "\""
                + text.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n")
                        .replace("\r", "\\r")
                        .replace("\t", "\\t")
                + "\"";
    }
}
