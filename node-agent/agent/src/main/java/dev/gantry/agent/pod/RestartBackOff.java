package dev.gantry.agent.pod;

/**
 * When a container that ended may start again. The first restart is immediate; then 10 s after the end, doubling to 5 min; a run of 10 min or more
 * begins anew, and so does a reboot of the host, which as an end counts as none. The figures are Kubernetes' (Pod Lifecycle, "Container restart policy").
 */
final class RestartBackOff {
    static final long FIRST_MILLIS = 10_000;
    static final long LONGEST_MILLIS = 300_000;
    static final long FORGIVEN_AFTER_MILLIS = 600_000;

    private RestartBackOff() {}

    /** The history after a run that ended. A run that never started counts as one of no length. */
    static History afterEnd(History history, Termination termination) {
        long ran =
                termination.startedAtMillis() == 0 ? 0 : termination.finishedAtMillis() - termination.startedAtMillis();
        int steps = ran >= FORGIVEN_AFTER_MILLIS ? 0 : history.backOffSteps();
        return history.withBackOff(steps + 1, termination.finishedAtMillis() + waitMillis(steps));
    }

    /** The wait before a restart after {@code steps} earlier ones. */
    static long waitMillis(int steps) {
        if (steps == 0) {
            return 0;
        }
        return steps > 10 ? LONGEST_MILLIS : Math.min(LONGEST_MILLIS, FIRST_MILLIS << (steps - 1));
    }
}
