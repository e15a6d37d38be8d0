package dev.gantry.agent.pod;

import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerState;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.PodStatus.KeptState;
import dev.gantry.wire.node.v1.PodStatus.Phase;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is told of a pod. Pure.
 *
 * @param addresses of the pod; empty before it has a network
 * @param waiting why a container has not started, by name
 * @param images digests of those that containers were started with, by name
 * @param problem what holds the whole pod up; both parts empty for nothing
 */
record PodStatuses(
        PodIdentity pod,
        PodView view,
        long startedAtMillis,
        List<String> addresses,
        String hostAddress,
        Map<String, Waiting> waiting,
        Map<String, String> images,
        Waiting problem) {

    /** The status, without a sequence. */
    PodStatus status() {
        PodStatus.Builder status = PodStatus.newBuilder()
                .setPod(pod)
                .setPhase(phase())
                .addAllAddresses(addresses)
                .setHostAddress(hostAddress)
                .setStartedAtMillis(startedAtMillis)
                .setInitialized(view.initialized())
                .setRemoved(view.removed())
                .setReason(problem.reason())
                .setMessage(problem.message())
                .setKept(kept());
        for (ContainerView container : view.containers()) {
            switch (container.role()) {
                case INIT, SIDECAR -> status.addInitContainers(container(container));
                case MAIN -> status.addContainers(container(container));
                case STRAY -> {
                    // no longer part of the pod
                }
            }
        }
        return status.build();
    }

    private KeptState kept() {
        boolean running =
                view.containers().stream().anyMatch(container -> container.run().running() || container.busy());
        if (view.desired() == DesiredState.STOPPED_KEPT && !running) {
            return KeptState.KEPT_STOPPED;
        }
        boolean frozen = view.containers().stream()
                .allMatch(container -> !container.busy()
                        && (container.paused() || !container.run().running()));
        return view.desired() == DesiredState.PAUSED && frozen ? KeptState.KEPT_PAUSED : KeptState.KEPT_NONE;
    }

    /** Kubernetes' rules (Pod Lifecycle, "Pod phase"). */
    private Phase phase() {
        if (RestartRules.ended(view)) {
            boolean succeeded =
                    view.initialized() && view.of(Role.MAIN).stream().allMatch(RestartRules::succeeded);
            return succeeded ? Phase.SUCCEEDED : Phase.FAILED;
        }
        List<ContainerView> mains = view.of(Role.MAIN);
        boolean allBegun = mains.stream()
                .allMatch(main -> main.run().running()
                        || main.run().exited()
                        || main.record().history().last() != null);
        if (!view.initialized() || !allBegun || mains.isEmpty()) {
            return Phase.PENDING;
        }
        if (view.desired() == DesiredState.REMOVED
                && mains.stream().allMatch(main -> main.run().exited())) {
            boolean succeeded = mains.stream().allMatch(RestartRules::succeeded);
            return succeeded ? Phase.SUCCEEDED : Phase.FAILED;
        }
        return Phase.RUNNING;
    }

    private ContainerStatus container(ContainerView container) {
        Run run = container.run();
        ContainerState state = state(container);
        ContainerStatus.Builder status = ContainerStatus.newBuilder()
                .setName(container.name())
                .setGeneration(run.generation())
                .setSpecGeneration(container.spec().getGeneration())
                .setImage(image(container))
                .setState(state)
                .setRestartCount(container.record().history().restarts())
                .setReady(ready(container))
                .setStarted(run.running() && run.started());
        if (run.attempt() > 0) {
            status.setContainerId(ContainerNames.id(pod.getUid(), container.name(), run.attempt()));
        }
        lastTermination(container, state)
                .ifPresent(last ->
                        status.setLastTermination(ContainerState.newBuilder().setTerminated(terminated(last))));
        return status.build();
    }

    /** What a name of another registry means is known once its image was pulled. */
    private ImageRef image(ContainerView container) {
        ImageRef image = container.spec().getImage();
        return image.getDigest().isEmpty()
                ? image.toBuilder()
                        .setDigest(images.getOrDefault(container.name(), ""))
                        .build()
                : image;
    }

    private static boolean ready(ContainerView container) {
        if (container.role() == Role.INIT) {
            return RestartRules.succeeded(container);
        }
        return container.run().running() && container.run().ready();
    }

    private static Optional<Termination> lastTermination(ContainerView container, ContainerState state) {
        Termination ended = container.run().termination();
        return ended != null && !state.hasTerminated()
                ? Optional.of(ended)
                : Optional.ofNullable(container.record().history().last());
    }

    private ContainerState state(ContainerView container) {
        Run run = container.run();
        if (run.running()) {
            return ContainerState.newBuilder()
                    .setRunning(ContainerState.Running.newBuilder().setStartedAtMillis(run.startedAtMillis()))
                    .build();
        }
        Waiting reason = waiting.get(container.name());
        Termination termination = run.termination();
        boolean restarts = RestartRules.restarts(container, view.spec().getRestartPolicy());
        if (run.exited() && termination != null) {
            boolean backingOff = container.record().history().notBeforeMillis() > termination.finishedAtMillis();
            if (restarts && reason != null) {
                return waiting(reason);
            }
            if (restarts && backingOff && !run.resume() && view.desired() == DesiredState.RUNNING) {
                return waiting(backOff(container, termination));
            }
            return ContainerState.newBuilder()
                    .setTerminated(terminated(termination))
                    .build();
        }
        if (reason != null) {
            return waiting(reason);
        }
        boolean initializing = !view.initialized()
                && container.role() == Role.MAIN
                && view.containers().stream().anyMatch(other -> other.role() != Role.MAIN);
        return waiting(new Waiting(initializing ? "PodInitializing" : "ContainerCreating", problem.message()));
    }

    private static Waiting backOff(ContainerView container, Termination termination) {
        History history = container.record().history();
        return new Waiting(
                "CrashLoopBackOff",
                "Back-off %d s before restart %d of container %s, which ended with exit code %d (%s)"
                        .formatted(
                                (history.notBeforeMillis() - termination.finishedAtMillis()) / 1000,
                                history.restarts() + 1,
                                container.name(),
                                termination.exitCode(),
                                termination.reason()));
    }

    private static ContainerState waiting(Waiting waiting) {
        return ContainerState.newBuilder()
                .setWaiting(ContainerState.Waiting.newBuilder()
                        .setReason(waiting.reason())
                        .setMessage(waiting.message()))
                .build();
    }

    private static ContainerState.Terminated terminated(Termination termination) {
        return ContainerState.Terminated.newBuilder()
                .setExitCode(termination.exitCode())
                .setSignal(termination.signal())
                .setReason(termination.reason())
                .setMessage(termination.message())
                .setStartedAtMillis(termination.startedAtMillis())
                .setFinishedAtMillis(termination.finishedAtMillis())
                .setContainerId(termination.containerId())
                .build();
    }
}
