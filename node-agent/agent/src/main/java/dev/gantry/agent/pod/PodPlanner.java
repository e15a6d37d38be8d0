package dev.gantry.agent.pod;

import dev.gantry.agent.pod.ContainerView.Hook;
import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.agent.pod.ContainerView.Stop;
import dev.gantry.agent.pod.PodView.Step;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides what to do next for a pod: {@code (desired, observed, now) → actions}. Pure; no I/O, no clock.
 *
 * <pre>
 *            network ─▶ volumes ─▶ init containers, one by one ─▶ containers ─▶ ended ─▶ sidecars stopped, network freed
 *                                  (sidecars stay)                    ▲  │ exits, by policy
 *                                                                     └──┘ after back-off
 *   from anywhere, when PAUSED:        freeze every process; RUNNING thaws them
 *   from anywhere, when STOPPED_KEPT:  stop containers, then sidecars in reverse; keep the rest; RUNNING goes on
 *   from anywhere, when REMOVED:       stop as above ─▶ free runs ─▶ network, volumes ─▶ removed
 * </pre>
 *
 * <p>The network comes before the volumes, because a volume's files may name the pod's address and belong to its user namespace.
 */
final class PodPlanner {
    /** A process gets at least this long after the stop signal when its pre-stop hook took the whole grace, as in Kubernetes. */
    static final long AFTER_HOOK_MILLIS = 2_000;
    /** A kill that brought no exit is repeated after this long. */
    static final long KILL_AGAIN_MILLIS = 1_000;

    private final PodView pod;
    private final long now;
    private final List<PodAction> actions = new ArrayList<>();
    private long wakeAt = Long.MAX_VALUE;

    private PodPlanner(PodView pod, long now) {
        this.pod = pod;
        this.now = now;
    }

    /** @param nowMillis milliseconds since 1970-01-01 UTC */
    static PodPlan plan(PodView pod, long nowMillis) {
        PodPlanner planner = new PodPlanner(pod, nowMillis);
        planner.decide();
        return new PodPlan(planner.actions, planner.wakeAt);
    }

    private void decide() {
        if (pod.removed()) {
            return;
        }
        if (pod.desired() == DesiredState.REMOVED) {
            if (stopEverything()) {
                freeEverything();
            }
        } else if (pod.desired() == DesiredState.STOPPED_KEPT) {
            stopEverything();
        } else if (pod.desired() == DesiredState.PAUSED) {
            pauseEverything();
        } else {
            run();
        }
    }

    private void run() {
        pod.containers().stream()
                .filter(container -> container.paused() && container.run().running())
                .forEach(container -> unlessLater(container, new PodAction.Resume(container.name())));
        pod.of(Role.STRAY).forEach(stray -> stop(stray, graceOf(stray), "it is no longer part of the pod"));
        if (RestartRules.ended(pod)) {
            end();
            return;
        }
        continueStops();
        freeEnded();
        if (!leaveLostNetwork()
                || !step(pod.network(), new PodAction.AttachNetwork())
                || !step(pod.volumes(), new PodAction.SetUpVolumes())
                || !initialize()) {
            return;
        }
        pod.of(Role.MAIN).forEach(this::keepRunning);
    }

    /** True once no container runs in namespaces that are the pod's no more: those of one pod share theirs. */
    private boolean leaveLostNetwork() {
        if (pod.network().state() != Step.State.LOST) {
            return true;
        }
        for (ContainerView container : pod.containers()) {
            // what has begun, and strays, go on as everywhere
            if (container.stop() == null && container.role() != Role.STRAY) {
                stop(container, graceOf(container), "the pod's namespaces were lost");
            }
        }
        return pod.containers().stream().noneMatch(container -> container.run().running());
    }

    /** True once the pod is initialized. Later on it only keeps sidecars running. */
    private boolean initialize() {
        for (ContainerView container : pod.containers()) {
            if (container.role() == Role.SIDECAR) {
                keepRunning(container);
                if (!pod.initialized()
                        && !(container.run().running() && container.run().started())) {
                    return false;
                }
            } else if (container.role() == Role.INIT && !pod.initialized() && !RestartRules.succeeded(container)) {
                keepRunning(container);
                return false;
            }
        }
        if (!pod.initialized()) {
            actions.add(new PodAction.MarkInitialized());
        }
        return pod.initialized();
    }

    private void keepRunning(ContainerView container) {
        Run run = container.run();
        if (container.busy() || container.stop() != null) {
            return;
        }
        if (run.running()) {
            if (container.spec().getGeneration() > run.generation() && container.role() != Role.INIT) {
                stop(container, graceOf(container), "its definition changed");
            } else if (container.unhealthy() != null) {
                stop(container, unhealthyDeadline(container), container.unhealthy());
            }
            return;
        }
        if (run.exited()
                && (run.held() || !RestartRules.restarts(container, pod.spec().getRestartPolicy()))) {
            return;
        }
        long startAt = Math.max(backOffUntil(container), container.retryAtMillis());
        if (now < startAt) {
            wakeAt(startAt);
        } else {
            actions.add(new PodAction.Start(container.name()));
        }
    }

    private static long backOffUntil(ContainerView container) {
        Run run = container.run();
        boolean wanted = run.resume() || container.spec().getGeneration() > run.generation();
        return wanted ? 0 : container.record().history().notBeforeMillis();
    }

    private long graceOf(ContainerView container) {
        return container.stop() != null
                ? container.stop().deadlineMillis()
                : now + pod.spec().getTerminationGraceSeconds() * 1000L;
    }

    private long unhealthyDeadline(ContainerView container) {
        int ofProbe = container.run().started()
                ? container.spec().getLivenessProbe().getTerminationGraceSeconds()
                : container.spec().getStartupProbe().getTerminationGraceSeconds();
        return ofProbe > 0 ? now + ofProbe * 1000L : graceOf(container);
    }

    /** No container will run again: sidecars go, in reverse, then the network. Volumes stay until the pod is removed. */
    private void end() {
        freeEnded();
        boolean gone = true;
        for (ContainerView container : pod.containers()) {
            if (container.role() == Role.INIT || container.role() == Role.MAIN) {
                gone &= stop(container, graceOf(container), "the pod has failed");
            }
        }
        for (ContainerView sidecar : pod.of(Role.SIDECAR).reversed()) {
            gone = gone && stop(sidecar, graceOf(sidecar), "the pod's containers have ended");
        }
        if (gone) {
            undo(pod.network(), new PodAction.DetachNetwork());
        }
    }

    private void pauseEverything() {
        continueStops();
        freeEnded();
        for (ContainerView container : pod.containers()) {
            if (container.run().running() && !container.paused() && !container.busy() && container.stop() == null) {
                unlessLater(container, new PodAction.Pause(container.name()));
            }
        }
    }

    /** True once no process of the pod runs and no run is held. Sidecars are stopped when the others are gone, or time is up. */
    private boolean stopEverything() {
        long deadline = pod.stopDeadlineMillis();
        boolean othersGone = true;
        for (ContainerView container : pod.containers()) {
            if (container.role() != Role.SIDECAR) {
                othersGone &= stop(container, deadline, "the pod is being stopped");
            }
        }
        boolean gone = othersGone;
        for (ContainerView sidecar : pod.of(Role.SIDECAR).reversed()) {
            if (gone
                    || now >= deadline
                    || sidecar.stop() != null
                    || !sidecar.run().running()) {
                gone &= stop(sidecar, deadline, "the pod is being stopped");
            }
            gone &= !sidecar.run().running();
        }
        if (!gone && deadline > now) {
            wakeAt(deadline);
        }
        freeEnded();
        return gone
                && pod.containers().stream()
                        .noneMatch(
                                container -> container.busy() || container.run().held());
    }

    private void freeEverything() {
        boolean network = undo(pod.network(), new PodAction.DetachNetwork());
        boolean volumes = undo(pod.volumes(), new PodAction.TearDownVolumes());
        if (network && volumes) {
            actions.add(new PodAction.MarkRemoved());
        }
    }

    private void continueStops() {
        for (ContainerView container : pod.containers()) {
            if (container.stop() != null && container.role() != Role.STRAY) {
                stop(container, container.stop().deadlineMillis(), "");
            }
        }
    }

    private void freeEnded() {
        for (ContainerView container : pod.containers()) {
            if (container.run().exited() && container.run().held() && !container.busy()) {
                unlessLater(container, new PodAction.Free(container.name()));
            }
        }
    }

    /** What failed before is done again, but not at once. */
    private void unlessLater(ContainerView container, PodAction action) {
        if (now < container.retryAtMillis()) {
            wakeAt(container.retryAtMillis());
        } else {
            actions.add(action);
        }
    }

    /** Takes the next step to stop a container; true when it doesn't run. */
    private boolean stop(ContainerView container, long deadline, String why) {
        if (container.busy()) {
            return false;
        }
        if (!container.run().running()) {
            return true;
        }
        if (container.paused()) {
            unlessLater(container, new PodAction.Resume(container.name()));
        }
        Stop stop = container.stop();
        if (stop == null) {
            actions.add(new PodAction.BeginStop(container.name(), deadline, why));
            return false;
        }
        long killAt = Math.min(stop.deadlineMillis(), deadline);
        if (stop.hook() == Hook.RUNNING && now < killAt) {
            wakeAt(killAt);
            return false;
        }
        boolean immediate = killAt <= stop.startedAtMillis();
        if (stop.signalledAtMillis() == 0 && !immediate) {
            actions.add(new PodAction.Signal(container.name()));
            return false;
        }
        if (stop.hasHook() && !immediate) {
            killAt = Math.max(killAt, stop.signalledAtMillis() + AFTER_HOOK_MILLIS);
        }
        if (stop.killedAtMillis() > 0) {
            killAt = Math.max(killAt, stop.killedAtMillis() + KILL_AGAIN_MILLIS);
        }
        if (now < killAt) {
            wakeAt(killAt);
        } else {
            actions.add(new PodAction.Kill(container.name()));
        }
        return false;
    }

    /** Does a step if it is due; true once it is done. */
    private boolean step(Step step, PodAction action) {
        if (step.state() == Step.State.READY) {
            return true;
        }
        due(step, action);
        return false;
    }

    /** Undoes a step if that is due; true once nothing of it is left. */
    private boolean undo(Step step, PodAction action) {
        if (step.state() == Step.State.FREED && !step.busy()) {
            return true;
        }
        due(step, action);
        return false;
    }

    private void due(Step step, PodAction action) {
        if (step.busy()) {
            return;
        }
        if (now < step.retryAtMillis()) {
            wakeAt(step.retryAtMillis());
        } else {
            actions.add(action);
        }
    }

    private void wakeAt(long millis) {
        wakeAt = Math.min(wakeAt, millis);
    }
}
