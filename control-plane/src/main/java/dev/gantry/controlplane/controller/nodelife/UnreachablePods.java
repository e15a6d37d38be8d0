package dev.gantry.controlplane.controller.nodelife;

import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.Times;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What the status of a pod says while its node can't be heard: not ready, and for those that must not run twice, what they wait for. */
final class UnreachablePods {
    static final String WAITING = "gantry.dev/WaitingForNode";

    private UnreachablePods() {}

    /** @return whether the pod's status changed */
    static boolean describe(Pod pod, boolean silent, boolean waits, Node node, Instant now) {
        boolean changed = false;
        if (silent && Pods.isReady(pod)) {
            put(
                    pod,
                    new PodConditionBuilder()
                            .withType("Ready")
                            .withStatus("False")
                            .withReason("NodeUnreachable")
                            .withMessage("The node's agent has not been heard.")
                            .withLastTransitionTime(Times.format(now))
                            .build());
            changed = true;
        }
        boolean said = Pods.condition(pod, WAITING).isPresent();
        if (waits && !said) {
            put(
                    pod,
                    new PodConditionBuilder()
                            .withType(WAITING)
                            .withStatus("True")
                            .withReason("AtMostOne")
                            .withMessage(
                                    ("Node %1$s can't be heard, and this pod must not run twice: it waits until the node returns, is"
                                                    + " deleted, or is fenced (gantry node fence %1$s).")
                                            .formatted(node.getMetadata().getName()))
                            .withLastTransitionTime(Times.format(now))
                            .build());
            changed = true;
        } else if (!silent && said) {
            List<PodCondition> conditions = new ArrayList<>(pod.getStatus().getConditions());
            conditions.removeIf(condition -> condition.getType().equals(WAITING));
            pod.getStatus().setConditions(conditions);
            changed = true;
        }
        return changed;
    }

    private static void put(Pod pod, PodCondition condition) {
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        List<PodCondition> conditions =
                new ArrayList<>(status.getConditions() == null ? List.of() : status.getConditions());
        conditions.removeIf(other -> other.getType().equals(condition.getType()));
        conditions.add(condition);
        status.setConditions(conditions);
        pod.setStatus(status);
    }
}
