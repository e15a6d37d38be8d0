package dev.gantry.controlplane.controller.runtime;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What a pod's status means to controllers. */
public final class Pods {
    private Pods() {}

    public static String phase(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getPhase() == null
                ? "Pending"
                : pod.getStatus().getPhase();
    }

    /** Neither ended for good nor on its way out: counts as a replica. */
    public static boolean isActive(Pod pod) {
        return !isTerminal(pod) && !isTerminating(pod);
    }

    public static boolean isTerminal(Pod pod) {
        return phase(pod).equals("Succeeded") || phase(pod).equals("Failed");
    }

    public static boolean isTerminating(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    public static boolean isAssigned(Pod pod) {
        return pod.getSpec() != null
                && pod.getSpec().getNodeName() != null
                && !pod.getSpec().getNodeName().isEmpty();
    }

    public static Optional<PodCondition> condition(Pod pod, String type) {
        if (pod.getStatus() == null || pod.getStatus().getConditions() == null) {
            return Optional.empty();
        }
        return pod.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst();
    }

    public static boolean isReady(Pod pod) {
        return condition(pod, "Ready")
                .filter(condition -> "True".equals(condition.getStatus()))
                .isPresent();
    }

    /** When the pod became ready; {@link Instant#MIN} for a ready pod that doesn't say. */
    public static Instant readySince(Pod pod) {
        return condition(pod, "Ready")
                .map(condition -> Times.parse(condition.getLastTransitionTime(), Instant.EPOCH))
                .orElse(Instant.EPOCH);
    }

    /** Ready for at least {@code minReadySeconds}. */
    public static boolean isAvailable(Pod pod, int minReadySeconds, Instant now) {
        return isReady(pod)
                && (minReadySeconds == 0
                        || !readySince(pod).plusSeconds(minReadySeconds).isAfter(now));
    }

    /** How long a ready pod has to stay ready until it is available; zero when it is. */
    public static Duration untilAvailable(Pod pod, int minReadySeconds, Instant now) {
        Duration left = Duration.between(now, readySince(pod).plusSeconds(minReadySeconds));
        return left.isNegative() ? Duration.ZERO : left;
    }
}
