package dev.gantry.agent.build;

/** Why a build ended, for the person who asked for it. */
final class BuildFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final int exitCode;

    /**
     * @param line of the Dockerfile; 0 for none
     * @param message what went wrong, what was expected, what to do
     */
    BuildFailure(int line, String message) {
        this(line, message, 0);
    }

    BuildFailure(int line, String message, int exitCode) {
        super(message);
        this.line = line;
        this.exitCode = exitCode;
    }

    BuildFailure(int line, String message, Throwable cause) {
        super(message, cause);
        this.line = line;
        this.exitCode = 0;
    }

    int line() {
        return line;
    }

    /** Of the RUN that failed; 0 for none. */
    int exitCode() {
        return exitCode;
    }
}
