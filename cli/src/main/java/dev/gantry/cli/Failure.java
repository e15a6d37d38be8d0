package dev.gantry.cli;

import static java.util.Objects.requireNonNull;

/** A verb that could not do what was asked. The message is all that the user sees: what, where, what was expected, what to do. */
public final class Failure extends RuntimeException {
    private final int exitCode;

    public Failure(String message) {
        this(1, message);
    }

    /** @param exitCode of the process, not 0 */
    public Failure(int exitCode, String message) {
        super(requireNonNull(message, "message is null"));
        this.exitCode = exitCode;
    }

    public Failure(String message, Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
        this.exitCode = 1;
    }

    public int exitCode() {
        return exitCode;
    }
}
