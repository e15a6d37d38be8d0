package dev.gantry.agent.container;

import dev.gantry.linux.launcher.Ended;
import dev.gantry.linux.launcher.LauncherConnection;
import dev.gantry.linux.launcher.Started;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that was started inside a container. Its launcher kills it when the connection ends. */
final class LauncherExec extends LauncherStreams implements ContainerRuntime.ExecProcess {
    private static final Logger LOG = LoggerFactory.getLogger(LauncherExec.class);
    private static final int LOST_EXIT_CODE = 137;
    private static final int SIGKILL = 9;

    private final Path directory;
    private final Started started;
    private final CompletableFuture<ExitRecord> exit = new CompletableFuture<>();

    LauncherExec(LauncherConnection connection, Path directory, Started started) {
        super(connection);
        this.directory = directory;
        this.started = started;
    }

    /** Takes the exit record and removes what the launcher left. */
    void launcherEnded() {
        ExitRecord record = new ExitRecord(LOST_EXIT_CODE, SIGKILL, ExitRecord.Cause.LOST, started.startedAtMillis());
        try {
            record =
                    ExitRecords.of(Ended.parse(Files.readString(directory.resolve("exit"), StandardCharsets.US_ASCII)));
        } catch (NoSuchFileException e) {
            LOG.debug("The launcher of an exec in {} left no exit record", directory);
        } catch (IOException e) {
            LOG.warn("The exit record of an exec in {} can't be read", directory, e);
        }
        try {
            ContainerDirectories.removeTree(directory);
        } catch (IOException e) {
            LOG.warn("The directory {} of an exec that ended stays until its container is removed", directory, e);
        }
        exit.complete(record);
    }

    @Override
    public Optional<ExitRecord> waitFor(Duration timeout) throws InterruptedException {
        try {
            return Optional.of(exit.get(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException("An exec's exit is never exceptional", e);
        }
    }
}
