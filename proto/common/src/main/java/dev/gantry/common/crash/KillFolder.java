package dev.gantry.common.crash;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A folder in which files name the points to die at: which is there when its point is reached is renamed to {@code NAME.reached}, and this process kills
 * itself with SIGKILL. So each file is one death, of one process, however many processes look into the folder, and points can be armed while they run.
 */
final class KillFolder implements Crash {
    private static final String REACHED = ".reached";

    private final Path folder;

    KillFolder(Path folder) {
        this.folder = requireNonNull(folder, "folder is null");
    }

    /** As the system property {@code gantry.crash.folder} or the environment variable {@code GANTRY_CRASH_FOLDER} says; null for neither. */
    static @Nullable KillFolder fromEnvironment() {
        String setting = System.getProperty("gantry.crash.folder", System.getenv("GANTRY_CRASH_FOLDER"));
        return setting == null || setting.isEmpty() ? null : new KillFolder(Path.of(setting));
    }

    @Override
    public void reached(String point) {
        try {
            Files.move(folder.resolve(point), folder.resolve(point + REACHED), StandardCopyOption.ATOMIC_MOVE);
            new ProcessBuilder(
                            "/bin/sh",
                            "-c",
                            "kill -9 " + ProcessHandle.current().pid())
                    .start();
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException("Can't tell whether to die at crash point %s".formatted(point), e);
        }
        while (true) {
            // the step after the point must not begin while the signal is under way
            LockSupport.park(this);
            Thread.interrupted();
        }
    }

    @Override
    public String toString() {
        return "folder " + folder;
    }
}
