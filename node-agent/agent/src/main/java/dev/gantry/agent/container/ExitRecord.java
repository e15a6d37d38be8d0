package dev.gantry.agent.container;

/**
 * How a container or an exec ended.
 *
 * @param exitCode as a shell would say it: 128 + signal when it was killed
 * @param signal 0 when it exited by itself
 * @param finishedAtMillis milliseconds since 1970-01-01 UTC
 */
public record ExitRecord(int exitCode, int signal, Cause cause, long finishedAtMillis) {
    public enum Cause {
        /** It exited or was killed by a signal. */
        EXITED,
        /** The kernel killed it for memory. */
        OUT_OF_MEMORY,
        /** The host was rebooted, or its launcher was killed: nobody saw its end. Exit code 137. */
        REBOOT,
        LOST
    }
}
