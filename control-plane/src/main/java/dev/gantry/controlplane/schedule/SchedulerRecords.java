package dev.gantry.controlplane.schedule;

import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.controller.runtime.Owners;
import dev.gantry.controlplane.controller.runtime.Selectors;
import dev.gantry.scheduler.HostPort;
import dev.gantry.scheduler.NodeFacts;
import dev.gantry.scheduler.NodeRequirement;
import dev.gantry.scheduler.NodeTerm;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.PlacedPod;
import dev.gantry.scheduler.PodResources;
import dev.gantry.scheduler.Resources;
import dev.gantry.scheduler.Taint;
import dev.gantry.scheduler.Toleration;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAffinity;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The one place where Kubernetes' objects become the scheduler's records. */
final class SchedulerRecords {
    private SchedulerRecords() {}

    static NodeFacts node(Node node) {
        var status = node.getStatus();
        boolean ready = status != null
                && nonNull(status.getConditions()).stream()
                        .anyMatch(condition ->
                                condition.getType().equals("Ready") && "True".equals(condition.getStatus()));
        Map<String, Long> images = new HashMap<>();
        if (status != null) {
            nonNull(status.getImages())
                    .forEach(image -> nonNull(image.getNames())
                            .forEach(name -> images.put(
                                    ImageIdentities.canonical(name), requireNonNullElse(image.getSizeBytes(), 0L))));
        }
        Map<String, Quantity> allocatable = status == null ? null : status.getAllocatable();
        var spec = node.getSpec();
        return new NodeFacts(
                node.getMetadata().getName(),
                Selectors.labels(node),
                spec == null
                        ? List.of()
                        : nonNull(spec.getTaints()).stream()
                                .map(taint -> new Taint(
                                        taint.getKey(),
                                        requireNonNullElse(taint.getValue(), ""),
                                        effect(taint.getEffect())))
                                .toList(),
                spec != null && Boolean.TRUE.equals(spec.getUnschedulable()),
                ready,
                amounts(allocatable),
                images);
    }

    static PendingPod pending(Pod pod) {
        PodSpec spec = pod.getSpec();
        NodeAffinity affinity =
                spec.getAffinity() == null ? null : spec.getAffinity().getNodeAffinity();
        return new PendingPod(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                owner(pod),
                requests(spec),
                null,
                spec.getNodeSelector() == null ? Map.of() : spec.getNodeSelector(),
                required(affinity),
                preferred(affinity),
                nonNull(spec.getTolerations()).stream()
                        .map(toleration -> new Toleration(
                                requireNonNullElse(toleration.getKey(), ""),
                                "Exists".equals(toleration.getOperator()),
                                requireNonNullElse(toleration.getValue(), ""),
                                toleration.getEffect() == null
                                                || toleration.getEffect().isEmpty()
                                        ? null
                                        : effect(toleration.getEffect())))
                        .toList(),
                hostPorts(spec),
                spec.getContainers().stream()
                        .map(Container::getImage)
                        .filter(image -> image != null)
                        .map(ImageIdentities::canonical)
                        .distinct()
                        .toList());
    }

    /** A pod that has its node. */
    static PlacedPod placed(Pod pod) {
        PodSpec spec = pod.getSpec();
        return new PlacedPod(
                pod.getMetadata().getUid(), owner(pod), spec.getNodeName(), requests(spec), hostPorts(spec));
    }

    private static String owner(Pod pod) {
        return Owners.controllerOf(pod).map(OwnerReference::getUid).orElse("");
    }

    private static Resources requests(PodSpec spec) {
        return PodResources.effective(
                nonNull(spec.getInitContainers()).stream()
                        .map(init -> new PodResources.InitContainer(
                                requests(init), "Always".equals(init.getRestartPolicy())))
                        .toList(),
                spec.getContainers().stream().map(SchedulerRecords::requests).toList(),
                amounts(spec.getOverhead()));
    }

    /** A resource with a limit and no request requests its limit, as Kubernetes' page "Resource Management" says. */
    private static Resources requests(Container container) {
        if (container.getResources() == null) {
            return Resources.NONE;
        }
        Map<String, Quantity> amounts = new LinkedHashMap<>();
        if (container.getResources().getLimits() != null) {
            amounts.putAll(container.getResources().getLimits());
        }
        if (container.getResources().getRequests() != null) {
            amounts.putAll(container.getResources().getRequests());
        }
        return amounts(amounts);
    }

    private static Resources amounts(@Nullable Map<String, Quantity> quantities) {
        if (quantities == null) {
            return Resources.NONE;
        }
        Map<String, Long> extended = new HashMap<>();
        quantities.forEach((name, quantity) -> {
            if (name.contains("/") || name.startsWith("hugepages-")) {
                extended.put(name, amount(quantity, 1));
            }
        });
        return new Resources(
                amount(quantities.get("cpu"), 1000),
                amount(quantities.get("memory"), 1),
                amount(quantities.get("ephemeral-storage"), 1),
                amount(quantities.get("pods"), 1),
                extended);
    }

    private static long amount(@Nullable Quantity quantity, int scale) {
        if (quantity == null) {
            return 0;
        }
        BigDecimal amount = quantity.getNumericalAmount().multiply(BigDecimal.valueOf(scale));
        return amount.setScale(0, RoundingMode.CEILING)
                .min(BigDecimal.valueOf(Long.MAX_VALUE / 4))
                .longValue();
    }

    private static List<HostPort> hostPorts(PodSpec spec) {
        return Stream.concat(
                        spec.getContainers().stream(),
                        nonNull(spec.getInitContainers()).stream()
                                .filter(init -> "Always".equals(init.getRestartPolicy())))
                .flatMap(container -> nonNull(container.getPorts()).stream())
                .filter(port -> hostPort(spec, port.getHostPort(), port.getContainerPort()) > 0)
                .map(port -> new HostPort(
                        requireNonNullElse(port.getHostIP(), ""),
                        requireNonNullElse(port.getProtocol(), "TCP"),
                        hostPort(spec, port.getHostPort(), port.getContainerPort())))
                .distinct()
                .toList();
    }

    /** With the host's network, each container port is a host port. */
    private static int hostPort(PodSpec spec, @Nullable Integer hostPort, @Nullable Integer containerPort) {
        if (hostPort != null && hostPort > 0) {
            return hostPort;
        }
        return Boolean.TRUE.equals(spec.getHostNetwork()) && containerPort != null ? containerPort : 0;
    }

    private static List<NodeTerm> required(@Nullable NodeAffinity affinity) {
        if (affinity == null || affinity.getRequiredDuringSchedulingIgnoredDuringExecution() == null) {
            return List.of();
        }
        return nonNull(affinity.getRequiredDuringSchedulingIgnoredDuringExecution()
                        .getNodeSelectorTerms())
                .stream()
                .map(SchedulerRecords::term)
                .toList();
    }

    private static List<NodeTerm.Weighted> preferred(@Nullable NodeAffinity affinity) {
        if (affinity == null) {
            return List.of();
        }
        return nonNull(affinity.getPreferredDuringSchedulingIgnoredDuringExecution()).stream()
                .map(preferred -> new NodeTerm.Weighted(
                        term(preferred.getPreference()), requireNonNullElse(preferred.getWeight(), 1)))
                .toList();
    }

    private static NodeTerm term(NodeSelectorTerm term) {
        return new NodeTerm(
                nonNull(term.getMatchExpressions()).stream()
                        .map(SchedulerRecords::requirement)
                        .toList(),
                nonNull(term.getMatchFields()).stream()
                        .map(SchedulerRecords::requirement)
                        .toList());
    }

    private static NodeRequirement requirement(NodeSelectorRequirement requirement) {
        NodeRequirement.Operator operator = switch (requirement.getOperator()) {
            case "In" -> NodeRequirement.Operator.IN;
            case "NotIn" -> NodeRequirement.Operator.NOT_IN;
            case "Exists" -> NodeRequirement.Operator.EXISTS;
            case "DoesNotExist" -> NodeRequirement.Operator.DOES_NOT_EXIST;
            case "Gt" -> NodeRequirement.Operator.GT;
            case "Lt" -> NodeRequirement.Operator.LT;
            default ->
                throw new IllegalArgumentException(
                        "node affinity operator '%s' on key '%s' is unknown; use In, NotIn, Exists, DoesNotExist, Gt or Lt"
                                .formatted(requirement.getOperator(), requirement.getKey()));
        };
        return new NodeRequirement(requirement.getKey(), operator, nonNull(requirement.getValues()));
    }

    private static Taint.Effect effect(String effect) {
        return switch (effect) {
            case "NoExecute" -> Taint.Effect.NO_EXECUTE;
            case "PreferNoSchedule" -> Taint.Effect.PREFER_NO_SCHEDULE;
            default -> Taint.Effect.NO_SCHEDULE;
        };
    }

    private static <T> List<T> nonNull(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
