package dev.gantry.e2e.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/** Time that has passed, less that in which processes of this machine waited for a processor: what an idle machine would have taken. */
public final class Stopwatch {
    private final long began = System.nanoTime();
    private final Duration waited = waitedForProcessors();

    private Stopwatch() {}

    public static Stopwatch start() {
        return new Stopwatch();
    }

    public Duration read() {
        return Duration.ofNanos(System.nanoTime() - began)
                .minus(waitedForProcessors().minus(waited));
    }

    /** Since boot, from the kernel's pressure stall information; nothing where it has none. */
    private static Duration waitedForProcessors() {
        try {
            String some = Files.readAllLines(Path.of("/proc/pressure/cpu")).getFirst();
            return Duration.of(Long.parseLong(some.replaceFirst(".*total=", "")), ChronoUnit.MICROS);
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }
}
