package dev.gantry.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a verb writes. Results go to {@link #out()}, everything else to {@link #err()}; on a terminal progress may redraw its line, otherwise each
 * line is written once.
 *
 * @param out results, buffered: flushed by {@link Main} and by whoever follows something
 * @param err problems and progress
 * @param terminal whether both the output and the person at it can take redrawn lines
 */
public record Console(PrintStream out, PrintStream err, InputStream in, boolean terminal) {
    static Console ofProcess() {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        boolean terminal = System.console() != null && System.console().isTerminal();
        return new Console(
                out,
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                System.in,
                terminal);
    }

    /** A line on {@link #out()} that is seen at once. */
    public void line(String format, @Nullable Object... arguments) {
        out.println(arguments.length == 0 ? format : format.formatted(arguments));
        out.flush();
    }

    /** A line on {@link #err()}. */
    public void note(String format, @Nullable Object... arguments) {
        err.println(arguments.length == 0 ? format : format.formatted(arguments));
    }
}
