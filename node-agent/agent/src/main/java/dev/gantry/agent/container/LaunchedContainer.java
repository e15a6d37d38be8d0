package dev.gantry.agent.container;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.Descriptor;
import dev.gantry.linux.Pidfd;
import dev.gantry.linux.RootedDirectory;
import dev.gantry.linux.cgroup.Cgroup;
import dev.gantry.linux.launcher.LaunchException;
import dev.gantry.linux.launcher.LaunchSpec;
import dev.gantry.linux.launcher.Launcher;
import dev.gantry.linux.launcher.LauncherConnection;
import dev.gantry.linux.launcher.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A container with its launcher, or what is left of it. */
final class LaunchedContainer implements ContainerRuntime.Container {
    private static final Logger LOG = LoggerFactory.getLogger(LaunchedContainer.class);
    private static final int LOST_EXIT_CODE = 137;
    private static final int SIGKILL = 9;

    private final LauncherRuntime runtime;
    private final ContainerDirectories directories;
    private final ContainerState state;
    private final Cgroup cgroup;
    private final @Nullable Started started;
    private final Clock clock;
    private final List<Consumer<ExitRecord>> listeners = new ArrayList<>();
    private @Nullable ExitRecord exit;
    // the end of the launcher and the removal work in the same directories and cgroup: one after the other
    private final Object ending = new Object();
    private boolean removed;

    /** @param started null for one that a reboot ended, or that never came to run */
    LaunchedContainer(
            LauncherRuntime runtime,
            ContainerDirectories directories,
            ContainerState state,
            Cgroup cgroup,
            @Nullable Started started,
            Clock clock) {
        this.runtime = requireNonNull(runtime, "runtime is null");
        this.directories = requireNonNull(directories, "directories is null");
        this.state = requireNonNull(state, "state is null");
        this.cgroup = requireNonNull(cgroup, "cgroup is null");
        this.started = started;
        this.clock = requireNonNull(clock, "clock is null");
    }

    @Override
    public ContainerConfig config() {
        return state.config();
    }

    @Override
    public int pid() {
        return started == null ? 0 : started.process().pid();
    }

    @Override
    public long startedAtMillis() {
        return started == null ? 0 : started.startedAtMillis();
    }

    @Override
    public synchronized Optional<ExitRecord> exit() {
        return Optional.ofNullable(exit);
    }

    @Override
    public void onExit(Consumer<ExitRecord> listener) {
        ExitRecord now;
        synchronized (this) {
            if (exit == null) {
                listeners.add(listener);
                return;
            }
            now = exit;
        }
        runtime.onEventThread(() -> listener.accept(now));
    }

    /** Called when the launcher has gone: takes its record, or, when it left none, ends what is left of the container. */
    void launcherEnded() throws IOException {
        synchronized (ending) {
            if (removed) {
                settle(new ExitRecord(LOST_EXIT_CODE, SIGKILL, ExitRecord.Cause.EXITED, clock.millis()));
                return;
            }
            var ended = directories.readEnded();
            if (ended.isPresent()) {
                exited(ExitRecords.of(ended.get()));
            } else {
                cgroup.kill();
                exited(new ExitRecord(LOST_EXIT_CODE, SIGKILL, ExitRecord.Cause.LOST, clock.millis()));
            }
        }
    }

    void exited(ExitRecord record) {
        try {
            directories.writeExit(record);
        } catch (IOException e) {
            LOG.warn("The exit of container {} is not on disk; it is lost if the host reboots", directories.id(), e);
        }
        settle(record);
    }

    private void settle(ExitRecord record) {
        List<Consumer<ExitRecord>> waiting;
        synchronized (this) {
            if (exit != null) {
                return;
            }
            exit = record;
            waiting = List.copyOf(listeners);
            listeners.clear();
        }
        waiting.forEach(listener -> runtime.onEventThread(() -> listener.accept(record)));
    }

    /** An exit that an earlier agent has put on record. */
    void exitedBefore(ExitRecord record) {
        synchronized (this) {
            exit = record;
        }
    }

    @Override
    public void signal(int signal) throws IOException {
        if (started != null && exit().isEmpty()) {
            Pidfd.signal(started.process(), signal);
        }
    }

    @Override
    public void kill() throws IOException {
        signal(SIGKILL);
        runtime.work(() -> {
            cgroup.kill();
            return true;
        });
    }

    @Override
    public void pause() throws IOException {
        if (exit().isEmpty()) {
            runtime.work(() -> {
                cgroup.freeze();
                return true;
            });
        }
    }

    @Override
    public void resume() throws IOException {
        if (exit().isEmpty()) {
            runtime.work(() -> {
                cgroup.thaw();
                return true;
            });
        }
    }

    @Override
    public ContainerRuntime.ResourceUsage usage() throws IOException {
        Cgroup.Usage usage = runtime.work(cgroup::usage);
        return new ContainerRuntime.ResourceUsage(usage.cpuNanos(), usage.memoryBytes(), usage.processes());
    }

    @Override
    public ContainerRuntime.AttachedStreams attach(boolean stdin) throws ContainerException {
        if (exit().isPresent()) {
            throw new ContainerException("ContainerExited", "Container %s has exited".formatted(directories.id()));
        }
        if (stdin && !config().stdin()) {
            throw new ContainerException(
                    "NoStdin", "Container %s has no open stdin: it was not asked for".formatted(directories.id()));
        }
        try (RootedDirectory run = directories.openRun()) {
            return new LauncherStreams(LauncherConnection.open(run.descriptor(), true, stdin));
        } catch (IOException e) {
            throw new ContainerException(
                    "AttachFailed", "Can't attach to container %s: %s".formatted(directories.id(), e.getMessage()), e);
        }
    }

    @Override
    public ContainerRuntime.ExecProcess exec(ExecConfig exec) throws ContainerException {
        if (started == null || exit().isPresent()) {
            throw new ContainerException("ContainerExited", "Container %s has exited".formatted(directories.id()));
        }
        try {
            return runtime.work(() -> execHere(exec, started));
        } catch (LaunchException e) {
            throw new ContainerException("ExecFailed", String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new ContainerException(
                    "ExecFailed",
                    "Can't run a process in container %s: %s".formatted(directories.id(), e.getMessage()),
                    e);
        }
    }

    private LauncherExec execHere(ExecConfig exec, Started container) throws IOException {
        if (cgroup.isFrozen()) {
            throw new IOException("it is paused; resume it first");
        }
        LaunchSpec spec;
        try {
            spec = LaunchOrders.forExec(
                    state,
                    container.process(),
                    exec,
                    cgroup,
                    runtime.launcherCgroups(),
                    runtime.seccomp().program(config().security()));
        } catch (ContainerException e) {
            throw new IOException(e.getMessage(), e);
        }
        Path directory = directories.run().resolve("exec-" + UUID.randomUUID());
        Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        boolean running = false;
        try (RootedDirectory run = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED);
                Descriptor lock = directories.openLock(run)) {
            Started process = Launcher.start(spec, directories.id() + "/exec", run.descriptor(), lock);
            LauncherExec result =
                    new LauncherExec(LauncherConnection.open(run.descriptor(), true, exec.stdin()), directory, process);
            runtime.watch(process.launcher(), result::launcherEnded);
            running = true;
            return result;
        } finally {
            if (!running) {
                ContainerDirectories.removeTree(directory);
            }
        }
    }

    @Override
    public void remove(boolean keepWritableLayer) throws IOException {
        kill();
        runtime.work(() -> {
            if (started != null) {
                // it closes the log and writes its record before it goes
                Pidfd.signal(started.launcher(), SIGKILL);
            }
            synchronized (ending) {
                removed = true;
                return runtime.remove(directories, config(), cgroup, keepWritableLayer);
            }
        });
    }
}
