package dev.gantry.agent.pod;

/**
 * How one run of a container ended.
 *
 * @param exitCode 128 + signal when killed
 * @param signal 0 when it exited by itself
 * @param reason Completed, Error, OOMKilled, ContainerCannotRun, NodeRebooted
 * @param message its last words, or why it could not run; may be empty
 * @param startedAtMillis 0 when it never ran
 */
record Termination(
        int exitCode,
        int signal,
        String reason,
        String message,
        long startedAtMillis,
        long finishedAtMillis,
        String containerId) {
    boolean succeeded() {
        return exitCode == 0;
    }
}
