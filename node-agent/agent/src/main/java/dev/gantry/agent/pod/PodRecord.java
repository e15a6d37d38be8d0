package dev.gantry.agent.pod;

import java.util.ArrayList;
import java.util.List;

/**
 * What is remembered of a pod's progress across deaths of the agent. Kept as JSON beside the assignment.
 *
 * @param initialized all init containers are done, and sidecars started
 * @param startedAtMillis when the agent first took the pod up
 * @param stopDeadlineMillis when processes are killed; 0 while nothing is to stop
 * @param removed everything of the pod is freed
 * @param forgotten nobody asks for the pod any more: once removed, its state goes too
 * @param containers of the spec, and of earlier specs: a name that comes back goes on with its attempts' numbers
 */
record PodRecord(
        boolean initialized,
        long startedAtMillis,
        long stopDeadlineMillis,
        boolean removed,
        boolean forgotten,
        List<ContainerRecord> containers) {
    PodRecord {
        containers = List.copyOf(containers);
    }

    static PodRecord begun(long nowMillis) {
        return new PodRecord(false, nowMillis, 0, false, false, List.of());
    }

    ContainerRecord container(String name) {
        return containers.stream()
                .filter(container -> container.name().equals(name))
                .findFirst()
                .orElseGet(() -> ContainerRecord.unstarted(name));
    }

    PodRecord with(ContainerRecord changed) {
        List<ContainerRecord> all = new ArrayList<>(containers);
        all.removeIf(container -> container.name().equals(changed.name()));
        all.add(changed);
        return new PodRecord(initialized, startedAtMillis, stopDeadlineMillis, removed, forgotten, all);
    }

    PodRecord withStartedAt(long nowMillis) {
        return new PodRecord(initialized, nowMillis, stopDeadlineMillis, removed, forgotten, containers);
    }

    PodRecord withInitialized(boolean now) {
        return new PodRecord(now, startedAtMillis, stopDeadlineMillis, removed, forgotten, containers);
    }

    PodRecord withStopDeadline(long deadlineMillis) {
        return new PodRecord(initialized, startedAtMillis, deadlineMillis, removed, forgotten, containers);
    }

    PodRecord withRemoved() {
        return new PodRecord(initialized, startedAtMillis, stopDeadlineMillis, true, forgotten, containers);
    }

    PodRecord withForgotten() {
        return new PodRecord(initialized, startedAtMillis, stopDeadlineMillis, removed, true, containers);
    }
}
