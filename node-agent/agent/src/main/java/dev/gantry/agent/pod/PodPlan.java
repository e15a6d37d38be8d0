package dev.gantry.agent.pod;

import java.util.List;

/**
 * What to do now for a pod, and when to look again if nothing happens until then.
 *
 * @param wakeAtMillis {@link Long#MAX_VALUE} for never
 */
record PodPlan(List<PodAction> actions, long wakeAtMillis) {
    PodPlan {
        actions = List.copyOf(actions);
    }
}
