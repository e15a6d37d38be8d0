package dev.gantry.common.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Appends the name of each point, when it is first reached, to the file named by the system property {@code gantry.crash.record}, so that a build can
 * tell which points no test has reached. Appends of one short line are atomic between processes (O_APPEND).
 */
final class ReachedPoints {
    private static final @Nullable String FILE = System.getProperty("gantry.crash.record");

    private ReachedPoints() {}

    static void record(String name) {
        if (FILE == null) {
            return;
        }
        try {
            Files.writeString(Path.of(FILE), name + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("Can't record crash point %s in %s".formatted(name, FILE), e);
        }
    }
}
