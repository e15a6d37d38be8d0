package dev.gantry.controlplane.controller.replicaset;

import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.Selectors;
import dev.gantry.controlplane.controller.runtime.Times;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which pods go first when there are too many, as Kubernetes' page "ReplicaSet" says: without a node, then pending, then not ready, then the cheaper to
 * delete, then from nodes with more of them, then ready for a shorter time, then restarted more often, then younger.
 */
final class DeletionOrder {
    private static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

    private DeletionOrder() {}

    static List<Pod> sort(List<Pod> pods) {
        Map<String, Integer> onNode = new HashMap<>();
        pods.forEach(pod -> onNode.merge(node(pod), 1, Integer::sum));
        return pods.stream()
                .sorted(comparing(Pods::isAssigned)
                        .thenComparing(DeletionOrder::phaseRank)
                        .thenComparing(Pods::isReady)
                        .thenComparing(DeletionOrder::cost)
                        .thenComparing(pod -> -onNode.getOrDefault(node(pod), 0))
                        .thenComparing(Pods::readySince, Comparator.reverseOrder())
                        .thenComparing(DeletionOrder::restarts, Comparator.reverseOrder())
                        .thenComparing(DeletionOrder::created, Comparator.reverseOrder())
                        .thenComparing(pod -> pod.getMetadata().getName()))
                .toList();
    }

    private static String node(Pod pod) {
        return Pods.isAssigned(pod) ? pod.getSpec().getNodeName() : "";
    }

    private static int phaseRank(Pod pod) {
        return switch (Pods.phase(pod)) {
            case "Pending" -> 0;
            case "Unknown" -> 1;
            default -> 2;
        };
    }

    private static int cost(Pod pod) {
        try {
            return Integer.parseInt(Selectors.annotations(pod).getOrDefault(DELETION_COST, "0"));
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    private static int restarts(Pod pod) {
        if (pod.getStatus() == null || pod.getStatus().getContainerStatuses() == null) {
            return 0;
        }
        return pod.getStatus().getContainerStatuses().stream()
                .mapToInt(container -> requireNonNullElse(container.getRestartCount(), 0))
                .max()
                .orElse(0);
    }

    private static Instant created(Pod pod) {
        return Times.parse(pod.getMetadata().getCreationTimestamp(), Instant.EPOCH);
    }
}
