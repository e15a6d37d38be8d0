package dev.gantry.agent.pod;

import org.jspecify.annotations.Nullable;

/**
 * What is remembered of a container beyond its latest run.
 *
 * @param restarts how often it was started again
 * @param backOffSteps how many doublings the next wait is at
 * @param notBeforeMillis earliest time of the next start; 0 for at once
 * @param last how the run before the latest ended
 * @param layerAttempt the attempt whose writable layer the latest run uses
 */
record History(
        int restarts,
        int backOffSteps,
        long notBeforeMillis,
        @Nullable Termination last,
        int layerAttempt) {
    static History none() {
        return new History(0, 0, 0, null, 0);
    }

    History restarting(@Nullable Termination previous) {
        return new History(restarts + 1, backOffSteps, notBeforeMillis, previous, layerAttempt);
    }

    History withLayerAttempt(int attempt) {
        return new History(restarts, backOffSteps, notBeforeMillis, last, attempt);
    }

    /** Without a back-off, which counts from its beginning again. */
    History forgiven() {
        return withBackOff(0, 0);
    }

    History withBackOff(int steps, long untilMillis) {
        return new History(restarts, steps, untilMillis, last, layerAttempt);
    }
}
