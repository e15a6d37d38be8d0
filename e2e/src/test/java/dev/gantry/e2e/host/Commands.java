package dev.gantry.e2e.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** Runs commands to their end, with a deadline. */
public final class Commands {
    private static final long DEADLINE_SECONDS = 240;
    private static final Executor READERS =
            task -> Thread.ofVirtual().name("command-output").start(task);

    private Commands() {}

    public static CommandResult run(List<String> command) {
        return run(command, Map.of(), new byte[0]);
    }

    public static CommandResult run(List<String> command, Map<String, String> environment, byte[] stdin) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            Process process = builder.start();
            CompletableFuture<String> stdout = read(process.getInputStream());
            CompletableFuture<String> stderr = read(process.getErrorStream());
            try (var in = process.getOutputStream()) {
                in.write(stdin);
            } catch (IOException e) {
                // it ended without reading all of it: its exit code says what that means
            }
            if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("%s did not end within %d s; it said:%n%s%n%s"
                        .formatted(String.join(" ", command), DEADLINE_SECONDS, stdout.getNow(""), stderr.getNow("")));
            }
            return new CommandResult(command, process.exitValue(), stdout.join(), stderr.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while " + String.join(" ", command) + " ran", e);
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (stream) {
                        return new String(stream.readAllBytes(), UTF_8);
                    } catch (IOException e) {
                        return "";
                    }
                },
                READERS);
    }
}
