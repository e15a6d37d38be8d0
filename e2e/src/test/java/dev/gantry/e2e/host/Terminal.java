package dev.gantry.e2e.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A command that runs in a pseudo-terminal of a host, and a person at it who types when the screen says so. */
public final class Terminal implements AutoCloseable {
    public static final int COLUMNS = 101;
    public static final int ROWS = 33;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Path screen;
    private final Process process;
    private int read;

    private Terminal(Path screen, Process process) {
        this.screen = screen;
        this.process = process;
    }

    public static Terminal start(TestHost host, String... command) {
        String line = Arrays.stream(command)
                .map(word -> "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
        try {
            Path screen = Files.createTempFile(host.folder(), "screen", ".txt");
            String sized = "stty columns %d rows %d; exec %s".formatted(COLUMNS, ROWS, line);
            return new Terminal(
                    screen, host.start(screen, "script", "--quiet", "--return", "--command", sized, "/dev/null"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the screen shows {@code text} after what was awaited before. */
    public void awaits(String text) {
        await("the terminal shows " + text)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(screen().substring(read)).contains(text));
        read = screen().indexOf(text, read) + text.length();
    }

    /** Types a line. */
    public void types(String line) {
        try {
            OutputStream keyboard = process.getOutputStream();
            keyboard.write((line + "\n").getBytes(UTF_8));
            keyboard.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the command's end. @return its exit code */
    public int exitCode() {
        await("the command in the terminal ends").atMost(PATIENCE).until(() -> !process.isAlive());
        return process.exitValue();
    }

    /** Everything that was shown. */
    public String screen() {
        try {
            return Files.readString(screen);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
