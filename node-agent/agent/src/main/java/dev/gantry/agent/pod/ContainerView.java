package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.ContainerSpec;
import org.jspecify.annotations.Nullable;

/**
 * One container as the planner sees it.
 *
 * @param role STRAY for one that the spec no longer has
 * @param busy a start, or the freeing of an ended run, is under way
 * @param stop set once its stop has begun
 * @param unhealthy why it must be restarted; null while it is well
 * @param retryAtMillis earliest next try of what failed: a start that could not be tried (no image, bad configuration), freezing, freeing; 0 for at once
 */
record ContainerView(
        ContainerSpec spec,
        Role role,
        ContainerRecord record,
        boolean busy,
        boolean paused,
        @Nullable Stop stop,
        @Nullable String unhealthy,
        long retryAtMillis) {
    enum Role {
        INIT,
        SIDECAR,
        MAIN,
        STRAY
    }

    enum Hook {
        RUNNING,
        DONE
    }

    /**
     * A stop under way.
     *
     * @param hook RUNNING while the pre-stop hook runs; DONE also without one
     * @param deadlineMillis when it is killed
     * @param signalledAtMillis 0 before the stop signal
     * @param killedAtMillis time of the last kill; 0 before the first
     */
    record Stop(
            long startedAtMillis,
            long deadlineMillis,
            boolean hasHook,
            Hook hook,
            long signalledAtMillis,
            long killedAtMillis) {
        Stop hookDone() {
            return new Stop(startedAtMillis, deadlineMillis, hasHook, Hook.DONE, signalledAtMillis, killedAtMillis);
        }

        Stop signalled(long now) {
            return new Stop(startedAtMillis, deadlineMillis, hasHook, Hook.DONE, now, killedAtMillis);
        }

        Stop killed(long now) {
            return new Stop(startedAtMillis, deadlineMillis, hasHook, Hook.DONE, signalledAtMillis, now);
        }
    }

    String name() {
        return spec.getName();
    }

    Run run() {
        return record.run();
    }
}
