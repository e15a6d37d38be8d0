package dev.gantry.e2e.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What scenarios measured, a line each, in {@code target/figures.txt}: for whoever reads a build's results, not judged by anything. */
public final class Figures {
    private static final Path FILE = TestHost.root().resolve("e2e/target/figures.txt");

    private Figures() {}

    public static void note(String what, Object value) {
        try {
            Files.writeString(
                    FILE, "%s: %s%n".formatted(what, value), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
