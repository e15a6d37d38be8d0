package dev.gantry.agent.pod;

import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import java.util.List;

/** Whether an ended container runs again, and whether a pod is at its end: the restart policies of Kubernetes. Pure. */
final class RestartRules {
    private RestartRules() {}

    /** Whether a container that ended shall run again. */
    static boolean restarts(ContainerView container, RestartPolicy policy) {
        Run run = container.run();
        Termination termination = run.termination();
        if (!run.exited() || termination == null) {
            return false;
        }
        if (run.resume()) {
            return true;
        }
        return switch (container.role()) {
            case SIDECAR -> true;
            case INIT -> !termination.succeeded() && policy != RestartPolicy.NEVER;
            case MAIN ->
                container.spec().getGeneration() > run.generation()
                        || switch (policy) {
                            case NEVER -> false;
                            case ON_FAILURE -> !termination.succeeded();
                            default -> true;
                        };
            case STRAY -> false;
        };
    }

    /** Whether the pod has ended for good: an init container failed and must not run again, or no container will run again. */
    static boolean ended(PodView pod) {
        RestartPolicy policy = pod.spec().getRestartPolicy();
        if (!pod.initialized()) {
            return pod.of(Role.INIT).stream()
                    .anyMatch(init -> init.run().exited() && !succeeded(init) && !restarts(init, policy));
        }
        List<ContainerView> mains = pod.of(Role.MAIN);
        return !mains.isEmpty() && mains.stream().allMatch(main -> main.run().exited() && !restarts(main, policy));
    }

    static boolean succeeded(ContainerView container) {
        Termination termination = container.run().termination();
        return container.run().exited() && termination != null && termination.succeeded();
    }
}
