package dev.gantry.agent.session;

import dev.gantry.agent.pod.PodHost;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Pods that only remember what they were told. */
final class FakePods implements PodHost {
    final List<String> taken = new CopyOnWriteArrayList<>();
    final List<PodStatus> statuses = new CopyOnWriteArrayList<>();
    volatile boolean diskFull;
    private final List<Listener> listeners = new ArrayList<>();
    private volatile long revision;

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public void snapshot(long newRevision, List<Assignment> assignments, List<PodFiles> files) throws IOException {
        take("snapshot", newRevision, assignments);
    }

    @Override
    public void delta(long newRevision, List<Assignment> assignments, List<PodFiles> files, List<String> forgotten)
            throws IOException {
        take("delta", newRevision, assignments);
    }

    private void take(String what, long newRevision, List<Assignment> assignments) throws IOException {
        if (diskFull) {
            throw new IOException("No space left on device");
        }
        revision = newRevision;
        taken.add("%s %d %s"
                .formatted(
                        what,
                        newRevision,
                        assignments.stream()
                                .map(assignment -> assignment.getPod().getUid())
                                .toList()));
    }

    void report(PodStatus status) {
        statuses.add(status);
        listeners.forEach(listener -> listener.statusChanged(status));
    }

    void tell(PodEvent event) {
        listeners.forEach(listener -> listener.event(event));
    }

    @Override
    public List<PodStatus> statuses() {
        return List.copyOf(statuses);
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }
}
