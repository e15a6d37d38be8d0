package dev.gantry.agent.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.build.dockerfile.Command;
import dev.gantry.agent.build.dockerfile.Heredoc;
import dev.gantry.agent.build.dockerfile.Instruction.Run;
import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.TimeClamp;
import dev.gantry.agent.image.Workspace;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** RUN: a container without a network of others, whose upper directory becomes a layer. */
final class RunStep {
    /** Label of build containers: how a new agent tells those that a dead one left. */
    static final String LABEL = "gantry.dev/build";

    private static final CrashPoint CONTAINER_STARTED = CrashPoint.of("build.container-started");
    private static final CrashPoint CONTAINER_REMOVED = CrashPoint.of("build.container-removed");

    /** On /dev, which is the container's own and no part of the image. */
    private static final String SCRIPT = "/dev/gantry-run";

    private static final String UPPER = "upper";
    private static final Duration POLL = Duration.ofMillis(50);
    private static final long LOG_BYTES = 256L << 20;

    /** The file system's clock may lag behind by a tick. */
    private static final Duration CLOCK_TICK = Duration.ofSeconds(1);

    private final BuildEnvironment environment;
    private final Workspace workspace;
    private final StageState state;
    private final Run run;
    private final int line;

    RunStep(BuildEnvironment environment, Workspace workspace, StageState state, Run run) {
        this.environment = environment;
        this.workspace = workspace;
        this.state = state;
        this.run = run;
        this.line = run.source().position().line();
    }

    CopyStep.Outcome run(StepLog.Output output, boolean noCache)
            throws IOException, BuildFailure, InterruptedException {
        if (state.layers.isEmpty()) {
            throw new BuildFailure(
                    line, "RUN needs a file system, but the stage is empty; begin FROM an image with a shell");
        }
        Digest key = key();
        Optional<BuildCache.Hit> hit =
                noCache ? Optional.empty() : environment.cache().find(key, workspace);
        if (hit.isPresent()) {
            return new CopyStep.Outcome(hit.get().layer(), true);
        }
        Path writable = workspace.newDirectory().resolve("writable");
        Clock clock = environment.clock();
        Instant started = clock.instant().minus(CLOCK_TICK);
        execute(writable, output);
        Path upper = writable.resolve(UPPER);
        boolean any = workspace.call(() -> TimeClamp.apply(upper, started, state.created));
        Optional<Layer> layer = any ? Optional.of(workspace.commit(upper)) : Optional.empty();
        environment.cache().put(key, layer);
        return new CopyStep.Outcome(layer, false);
    }

    private Digest key() {
        StringBuilder key = new StringBuilder("run 1\n").append(state.chain()).append('\n');
        field(key, run.command().toString());
        state.shell.forEach(word -> field(key, word));
        field(key, state.user);
        field(key, state.workingDirectory);
        state.commandEnvironment().forEach((name, value) -> field(key, name + "=" + value));
        return Digest.of(key.toString());
    }

    private static void field(StringBuilder key, String text) {
        key.append(text.length()).append(':').append(text).append('\n');
    }

    private void execute(Path writable, StepLog.Output output) throws IOException, BuildFailure, InterruptedException {
        Path logDirectory = workspace.newDirectory();
        Path logFile = logDirectory.resolve("log");
        StepLog log = new StepLog(logFile, output);
        try (IsolatedNetwork network = environment.networks().create()) {
            ContainerConfig config = config(writable, logFile, network.path());
            Container container = start(config);
            boolean ended = false;
            try {
                CONTAINER_STARTED.reach();
                ExitRecord exit = await(container, log);
                ended = true;
                container.remove(true);
                CONTAINER_REMOVED.reach();
                check(exit);
            } finally {
                if (!ended) {
                    kill(container);
                }
            }
        }
    }

    private Container start(ContainerConfig config) throws BuildFailure {
        try {
            return environment.runtime().start(config);
        } catch (ContainerException e) {
            throw new BuildFailure(
                    line, "%s could not be started: %s".formatted(run.source().text(), e.getMessage()), e);
        }
    }

    private static ExitRecord await(Container container, StepLog log) throws IOException, InterruptedException {
        CompletableFuture<ExitRecord> exit = new CompletableFuture<>();
        container.onExit(exit::complete);
        while (true) {
            try {
                ExitRecord record = exit.get(POLL.toMillis(), TimeUnit.MILLISECONDS);
                log.poll();
                return record;
            } catch (TimeoutException e) {
                log.poll();
            } catch (ExecutionException e) {
                throw new IOException("The end of a build step can't be known", e);
            }
        }
    }

    private void check(ExitRecord exit) throws BuildFailure {
        if (exit.exitCode() == 0) {
            return;
        }
        String reason = switch (exit.cause()) {
            case OUT_OF_MEMORY -> "was killed because it used more memory than a build step may";
            case REBOOT, LOST -> "was lost";
            case EXITED ->
                exit.signal() == 0 ? "exited with code " + exit.exitCode() : "was killed by signal " + exit.signal();
        };
        throw new BuildFailure(line, "%s %s".formatted(run.source().text(), reason), exit.exitCode());
    }

    /** Uninterruptibly: nothing of the container may stay. */
    private static void kill(Container container) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            CompletableFuture<ExitRecord> exit = new CompletableFuture<>();
            container.onExit(exit::complete);
            container.kill();
            exit.join();
            container.remove(false);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private ContainerConfig config(Path writable, Path logFile, String network) throws IOException {
        List<ContainerConfig.Mount> mounts = new ArrayList<>();
        return new ContainerConfig(
                "build-" + UUID.randomUUID().toString().replace("-", ""),
                Map.of(LABEL, run.source().keyword()),
                state.directories(),
                writable,
                false,
                arguments(mounts),
                state.commandEnvironment(),
                state.workingDirectory.isEmpty() ? "/" : state.workingDirectory,
                state.user,
                List.of(),
                "build",
                new ContainerConfig.Namespaces(network, null, null, null, null, 0),
                mounts,
                environment.limits(),
                ContainerConfig.ResourceLimit.DEFAULTS,
                Map.of(),
                environment.security(),
                environment.cgroup(),
                new ContainerConfig.Log(logFile, LOG_BYTES, 2),
                false,
                false,
                false);
    }

    private List<String> arguments(List<ContainerConfig.Mount> mounts) throws IOException {
        return switch (run.command()) {
            case Command.Exec exec -> exec.arguments();
            case Command.Shell shell
            when shell.isOnlyHeredoc() && shell.heredocs().getFirst().body().startsWith("#!") -> {
                mounts.add(script(shell.heredocs().getFirst()));
                yield List.of(SCRIPT);
            }
            case Command.Shell shell -> {
                List<String> arguments = new ArrayList<>(state.shell);
                arguments.add(
                        shell.isOnlyHeredoc() ? shell.heredocs().getFirst().body() : shell.script());
                yield arguments;
            }
        };
    }

    /** A here-document that names its own interpreter is a program. */
    private ContainerConfig.Mount script(Heredoc heredoc) throws IOException {
        Path file = workspace.newDirectory().resolve("script");
        Files.write(file, heredoc.body().getBytes(UTF_8));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new ContainerConfig.Mount(file, SCRIPT, true, ContainerConfig.Mount.Propagation.PRIVATE);
    }

    /** Whether the work was stopped rather than went wrong. */
    static boolean isInterruption(Throwable failure) {
        return failure instanceof InterruptedException
                || failure instanceof InterruptedIOException
                || failure instanceof java.nio.channels.ClosedByInterruptException;
    }
}
