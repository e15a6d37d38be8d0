package dev.gantry.cli.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;

/** Puts the person's terminal into raw mode while a remote one is joined to it, by stty: every Linux has it, and it costs a library nothing. */
final class TerminalMode implements AutoCloseable {
    private final String saved;
    private final Thread restore;

    private TerminalMode(String saved) {
        this.saved = saved;
        this.restore = new Thread(() -> stty(saved), "restore-terminal");
    }

    static TerminalMode raw() {
        TerminalMode mode = new TerminalMode(stty("-g").strip());
        Runtime.getRuntime().addShutdownHook(mode.restore);
        stty("raw", "-echo");
        return mode;
    }

    /** Columns and rows; 80 by 24 when the terminal doesn't say. */
    static int[] size() {
        String[] parts = stty("size").strip().split(" ", -1);
        try {
            return new int[] {Integer.parseInt(parts[1]), Integer.parseInt(parts[0])};
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return new int[] {80, 24};
        }
    }

    @Override
    public void close() {
        stty(saved);
        try {
            Runtime.getRuntime().removeShutdownHook(restore);
        } catch (IllegalStateException e) {
            // the JVM is going down: the hook restores it
        }
    }

    private static String stty(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "stty";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(Redirect.INHERIT)
                    .redirectError(Redirect.DISCARD)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
            process.waitFor();
            return output;
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
