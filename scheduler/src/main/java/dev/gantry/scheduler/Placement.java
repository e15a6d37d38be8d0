package dev.gantry.scheduler;

/** What was decided for one pod. */
public sealed interface Placement {
    PendingPod pod();

    record Placed(PendingPod pod, String nodeName) implements Placement {}

    record Unplaced(PendingPod pod, Explanation why) implements Placement {}
}
