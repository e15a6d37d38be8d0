package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.log.CriLine;
import dev.gantry.agent.container.log.LogFiles;
import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.LogRequest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The logs of pods' containers. A log that is followed goes on with the next run of its container. */
final class PodLogs {
    private static final Duration POLL = Duration.ofMillis(100);

    private final PodPaths paths;

    PodLogs(PodPaths paths) {
        this.paths = paths;
    }

    /**
     * @param pod as it is now
     * @param known whether the agent still knows the pod
     */
    void write(LogRequest request, Supplier<StoredPod> pod, BooleanSupplier known, PodStreams.LogSink sink)
            throws ContainerException, IOException {
        StoredPod now = pod.get();
        ContainerSpec spec = spec(now, request.getContainer());
        int attempt = firstAttempt(now, spec, request);
        LogSelection selection = LogSelection.of(request, sink);
        boolean more = copy(request, pod, known, attempt, selection);
        while (more && request.getFollow() && !request.getPrevious()) {
            Optional<Integer> next = nextAttempt(pod, known, request.getContainer(), attempt);
            if (next.isEmpty()) {
                return;
            }
            attempt = next.get();
            more = copy(request, pod, known, attempt, selection.everything());
        }
    }

    private static ContainerSpec spec(StoredPod pod, String name) throws ContainerException {
        return find(pod, name)
                .orElseThrow(() -> new ContainerException(
                        "ContainerNotFound",
                        "Pod %s has no container %s"
                                .formatted(pod.assignment().getPod().getName(), name)));
    }

    private static Optional<ContainerSpec> find(StoredPod pod, String name) {
        return java.util.stream.Stream.concat(
                        pod.assignment().getSpec().getContainersList().stream(),
                        pod.assignment().getSpec().getInitContainersList().stream())
                .filter(container -> container.getName().equals(name))
                .findFirst();
    }

    private int firstAttempt(StoredPod pod, ContainerSpec spec, LogRequest request) throws ContainerException {
        Run run = pod.record().container(spec.getName()).run();
        int latest = run.attempt();
        // while a container waits to run again, the run that ended is the one before
        boolean between = run.exited() && restarts(pod, spec);
        int wanted = request.getPrevious() && !between ? latest - 1 : latest;
        if (request.getPrevious()) {
            for (int attempt = wanted; attempt > 0; attempt--) {
                if (Files.exists(log(pod, spec.getName(), attempt))) {
                    return attempt;
                }
            }
            throw new ContainerException(
                    "PreviousNotFound",
                    "Container %s of pod %s has no earlier run"
                            .formatted(spec.getName(), pod.assignment().getPod().getName()));
        }
        if (latest == 0 || (run.stage() == Run.Stage.NONE && !Files.exists(log(pod, spec.getName(), latest)))) {
            throw new ContainerException(
                    "ContainerCreating",
                    "Container %s of pod %s is waiting to start"
                            .formatted(spec.getName(), pod.assignment().getPod().getName()));
        }
        return wanted;
    }

    /** Copies one run's log; false once the reader wants no more. */
    private boolean copy(
            LogRequest request, Supplier<StoredPod> pod, BooleanSupplier known, int attempt, LogSelection selection)
            throws IOException {
        Path log = log(pod.get(), request.getContainer(), attempt);
        long skip = selection.linesToSkip(log);
        try (LogFiles files = new LogFiles(log)) {
            while (true) {
                // asked before reading on, so that nothing written before the end is missed
                boolean over = !request.getFollow()
                        || !known.getAsBoolean()
                        || isOver(pod.get(), request.getContainer(), attempt);
                for (byte[] line = files.next(); line != null; line = files.next()) {
                    Optional<CriLine> parsed = CriLine.parse(line);
                    if (parsed.isPresent() && skip > 0) {
                        skip -= parsed.get().partial() ? 0 : 1;
                    } else if (parsed.isPresent() && !selection.write(parsed.get())) {
                        return false;
                    }
                }
                if (over) {
                    return true;
                }
                pause();
            }
        }
    }

    private static boolean isOver(StoredPod pod, String container, int attempt) {
        Run run = pod.record().container(container).run();
        return run.attempt() != attempt || run.exited() || run.stage() == Run.Stage.NONE;
    }

    /** Waits for the next run; empty when there will be none. */
    private Optional<Integer> nextAttempt(Supplier<StoredPod> pod, BooleanSupplier known, String container, int attempt)
            throws IOException {
        while (known.getAsBoolean()) {
            StoredPod now = pod.get();
            Run run = now.record().container(container).run();
            if (run.attempt() > attempt && Files.exists(log(now, container, run.attempt()))) {
                return Optional.of(run.attempt());
            }
            Optional<ContainerSpec> spec = find(now, container);
            boolean stopping = now.assignment().getDesired() == DesiredState.REMOVED;
            if (stopping || spec.isEmpty() || (run.exited() && !restarts(now, spec.get()))) {
                return Optional.empty();
            }
            pause();
        }
        return Optional.empty();
    }

    private static boolean restarts(StoredPod pod, ContainerSpec spec) {
        boolean init = pod.assignment().getSpec().getInitContainersList().contains(spec);
        Role role = spec.getSidecar() ? Role.SIDECAR : init ? Role.INIT : Role.MAIN;
        ContainerView view =
                new ContainerView(spec, role, pod.record().container(spec.getName()), false, false, null, null, 0);
        return pod.assignment().getDesired() != DesiredState.REMOVED
                && RestartRules.restarts(view, pod.assignment().getSpec().getRestartPolicy());
    }

    private Path log(StoredPod pod, String container, int attempt) {
        return paths.log(pod.uid(), container, attempt);
    }

    private static void pause() throws InterruptedIOException {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("following the log was interrupted");
        }
    }
}
