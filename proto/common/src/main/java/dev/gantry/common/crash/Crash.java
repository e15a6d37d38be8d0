package dev.gantry.common.crash;

/** What may happen at a point. */
sealed interface Crash permits ArmedCrash, KillFolder {
    /** Returns when the process lives on. */
    void reached(String point);
}
