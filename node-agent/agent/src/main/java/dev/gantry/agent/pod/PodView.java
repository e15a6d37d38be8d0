package dev.gantry.agent.pod;

import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodSpec;
import java.util.List;

/**
 * One pod as the planner sees it: what shall be and what is.
 *
 * @param containers init containers and sidecars in order, then the others, then strays
 */
record PodView(
        DesiredState desired,
        PodSpec spec,
        boolean initialized,
        long stopDeadlineMillis,
        boolean removed,
        Step network,
        Step volumes,
        List<ContainerView> containers) {
    PodView {
        containers = List.copyOf(containers);
    }

    /**
     * A step that is done once for the pod and undone at its end.
     *
     * @param busy it is being done or undone
     * @param retryAtMillis earliest next try after a failure; 0 for at once
     */
    record Step(State state, boolean busy, long retryAtMillis) {
        enum State {
            /** After a start of the agent: perhaps done, perhaps half done. */
            UNKNOWN,
            /** It went away beneath containers that run: they end before it is done again. */
            LOST,
            READY,
            FREED
        }
    }

    List<ContainerView> of(Role role) {
        return containers.stream().filter(container -> container.role() == role).toList();
    }
}
