package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.volume.LinuxVolumeKernel;
import dev.gantry.agent.volume.PodVolumes;
import dev.gantry.agent.volume.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Takes all pods off the kernel of a host that has no agent any more. To the next agent it is as if the host had been rebooted: pods start again from
 * their state on disk.
 */
public final class PodsTearDown {
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(30);

    private final PodPaths paths;
    private final PodVolumes volumes;

    /** @param stateDirectory of the agent @param runDirectory of the agent */
    public PodsTearDown(Path stateDirectory, Path runDirectory) {
        this.paths = new PodPaths(
                requireNonNull(stateDirectory, "stateDirectory is null"),
                requireNonNull(runDirectory, "runDirectory is null"));
        this.volumes = new PodVolumes(
                stateDirectory.resolve("volumes"), runDirectory.resolve("volumes"), new LinuxVolumeKernel());
    }

    /**
     * Stops every container, all at once, and frees what lies in memory. Idempotent; may be cut short at any point and run again.
     *
     * @param grace between the stop signal and the kill
     */
    public void stop(ContainerRuntime runtime, Duration grace) throws IOException {
        List<Container> containers = runtime.adopt();
        CountDownLatch running = new CountDownLatch(containers.size());
        for (Container container : containers) {
            container.onExit(exit -> running.countDown());
            if (container.exit().isEmpty()) {
                container.resume();
                container.signal(StopSignal.number(
                        container.config().labels().getOrDefault(ContainerNames.STOP_SIGNAL, "SIGTERM")));
            }
        }
        if (!ended(running, grace)) {
            for (Container container : containers) {
                container.kill();
            }
            if (!ended(running, KILL_PATIENCE)) {
                throw new IOException(
                        "%d containers do not end: a process of theirs may hang on a file server that does not answer"
                                .formatted(running.getCount()));
            }
        }
        for (Container container : containers) {
            container.remove(true);
        }
        volumes.freeMemory();
        new PodStore(paths).forgetBoot();
    }

    private static boolean ended(CountDownLatch running, Duration patience) throws IOException {
        try {
            return running.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while containers were stopped", e);
        }
    }

    /** Deletes what is kept of pods on disk: their assignments, volumes, layers and logs. Only after {@link #stop}. */
    public void forget() throws IOException {
        for (String part : List.of("pods", "volumes", "layers", "etc", "logs")) {
            Trees.delete(paths.state().resolve(part));
        }
        new PodStore(paths).forgetRevision();
    }
}
