package dev.gantry.agent.time;

/** Time, and being woken at one: injected, so that tests run on time of their own. Safe for use by many threads. */
public interface AlarmClock {
    /** Milliseconds since 1970-01-01 UTC. Never goes back while the process lives. */
    long millis();

    /**
     * Runs {@code wake} once when {@link #millis} has reached {@code atMillis}, at once if it has.
     *
     * @param wake must not block
     */
    Alarm at(long atMillis, Runnable wake);

    /** A wake-up that is still to come. */
    interface Alarm {
        /** Idempotent; a wake-up under way may still happen. */
        void cancel();
    }
}
