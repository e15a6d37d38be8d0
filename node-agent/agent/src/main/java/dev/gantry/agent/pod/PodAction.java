package dev.gantry.agent.pod;

/** One thing to do next for a pod. Each is idempotent. */
sealed interface PodAction {
    record AttachNetwork() implements PodAction {}

    record DetachNetwork() implements PodAction {}

    record SetUpVolumes() implements PodAction {}

    record TearDownVolumes() implements PodAction {}

    /** All init containers are done. */
    record MarkInitialized() implements PodAction {}

    /** Everything is freed. */
    record MarkRemoved() implements PodAction {}

    /** Something for one container. */
    sealed interface OfContainer extends PodAction {
        String container();
    }

    record Start(String container) implements OfContainer {}

    /** Begins a stop: runs the pre-stop hook if there is one and time for it. */
    record BeginStop(String container, long deadlineMillis, String why) implements OfContainer {}

    /** Sends the stop signal. */
    record Signal(String container) implements OfContainer {}

    record Kill(String container) implements OfContainer {}

    record Pause(String container) implements OfContainer {}

    record Resume(String container) implements OfContainer {}

    /** Frees an ended run. */
    record Free(String container) implements OfContainer {}
}
