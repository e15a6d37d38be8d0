package dev.gantry.agent.pod;

import org.jspecify.annotations.Nullable;

/**
 * The latest run of a container, as remembered across deaths of the agent.
 *
 * <pre>
 *          start recorded        process executed           exit recorded
 *   NONE ────────────────▶ STARTING ────────────▶ RUNNING ────────────▶ EXITED ──▶ (next attempt) STARTING
 *                              └──── could not run ────────────────────────▲
 * </pre>
 *
 * @param attempt number of the run, rising for ever; 0 before the first. Part of the container's id
 * @param generation of the spec it was started with
 * @param postStartDone the hook has run, or there is none
 * @param started it passed its startup probe and post-start hook
 * @param ready by its readiness probe
 * @param resume it was stopped to be kept, and has not run since: starting it again is no restart, whatever the policy, and finds its writable layer
 * @param freed the runtime holds nothing of it any more
 */
record Run(
        int attempt,
        long generation,
        Stage stage,
        long startedAtMillis,
        boolean postStartDone,
        boolean started,
        boolean ready,
        boolean resume,
        boolean freed,
        @Nullable Termination termination) {
    enum Stage {
        NONE,
        STARTING,
        RUNNING,
        EXITED
    }

    static Run none() {
        return new Run(0, 0, Stage.NONE, 0, false, false, false, false, true, null);
    }

    Run starting(int newAttempt, long newGeneration) {
        return new Run(newAttempt, newGeneration, Stage.STARTING, 0, false, false, false, resume, false, null);
    }

    /** Its start came to nothing for a reason that is not its own; the attempt's number is spent. */
    Run abandoned() {
        return new Run(attempt, generation, Stage.NONE, 0, false, false, false, resume, true, null);
    }

    Run running(long atMillis) {
        return new Run(attempt, generation, Stage.RUNNING, atMillis, postStartDone, started, ready, false, false, null);
    }

    Run withPostStartDone() {
        return new Run(attempt, generation, stage, startedAtMillis, true, started, ready, resume, freed, termination);
    }

    Run withStarted(boolean nowStarted) {
        return new Run(
                attempt,
                generation,
                stage,
                startedAtMillis,
                postStartDone,
                nowStarted,
                ready,
                resume,
                freed,
                termination);
    }

    Run withReady(boolean nowReady) {
        return new Run(
                attempt,
                generation,
                stage,
                startedAtMillis,
                postStartDone,
                started,
                nowReady,
                resume,
                freed,
                termination);
    }

    Run exited(Termination how, boolean toBeResumed) {
        return new Run(
                attempt,
                generation,
                Stage.EXITED,
                startedAtMillis,
                postStartDone,
                started,
                false,
                toBeResumed,
                false,
                how);
    }

    Run withFreed() {
        return new Run(
                attempt, generation, stage, startedAtMillis, postStartDone, started, ready, resume, true, termination);
    }

    boolean running() {
        return stage == Stage.RUNNING;
    }

    boolean exited() {
        return stage == Stage.EXITED;
    }

    /** Whether the runtime may still hold something of it. */
    boolean held() {
        return stage != Stage.NONE && !freed;
    }
}
