package dev.gantry.common.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps at which points tests have failed, so that a build can tell which points no test has: a line each, point and test, in the file named by the
 * system property {@code gantry.crash.record}. Its first line names the build (system property {@code gantry.build}); what an earlier build left is
 * dropped. Without the property nothing is kept.
 */
final class CrashRecord {
    private static final @Nullable String FILE = System.getProperty("gantry.crash.record");

    private CrashRecord() {}

    static void add(String point, String test) {
        if (FILE != null) {
            try {
                add(Path.of(FILE), System.getProperty("gantry.build", ""), point, test);
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "Can't record in %s that crash point %s was hit".formatted(FILE, point), e);
            }
        }
    }

    static synchronized void add(Path file, String build, String point, String test) throws IOException {
        List<String> lines = new ArrayList<>(Files.exists(file) ? Files.readAllLines(file) : List.of());
        if (lines.isEmpty() || !lines.getFirst().equals(build)) {
            lines.clear();
            lines.add(build);
        }
        String line = point + " " + test;
        if (!lines.contains(line)) {
            lines.add(line);
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.write(file, lines);
        }
    }
}
