package dev.gantry.controlplane.schedule;

import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.Times;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pod condition PodScheduled.
 *
 * @param reason null when the pod has its node
 * @param message null when the pod has its node
 */
record ScheduledCondition(
        String status, @Nullable String reason, @Nullable String message) {
    private static final String TYPE = "PodScheduled";

    static ScheduledCondition scheduled() {
        return new ScheduledCondition("True", null, null);
    }

    static ScheduledCondition waiting(String why) {
        return new ScheduledCondition("False", "Unschedulable", why);
    }

    /** @return whether the pod's status changed */
    boolean applyTo(Pod pod, Instant now) {
        Optional<PodCondition> before = Pods.condition(pod, TYPE);
        if (before.filter(condition ->
                        status.equals(condition.getStatus()) && Objects.equals(message, condition.getMessage()))
                .isPresent()) {
            return false;
        }
        String since = before.filter(condition -> status.equals(condition.getStatus()))
                .map(PodCondition::getLastTransitionTime)
                .orElse(Times.format(now));
        PodStatus podStatus = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        List<PodCondition> conditions =
                new ArrayList<>(podStatus.getConditions() == null ? List.of() : podStatus.getConditions());
        conditions.removeIf(condition -> condition.getType().equals(TYPE));
        conditions.add(new PodConditionBuilder()
                .withType(TYPE)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .build());
        podStatus.setConditions(conditions);
        if (podStatus.getPhase() == null) {
            podStatus.setPhase("Pending");
        }
        pod.setStatus(podStatus);
        return true;
    }
}
