package dev.gantry.e2e.takeover;

import dev.gantry.agent.pod.PodHost;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.ContainerState;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Pods that run as soon as they are told to, and remember which ever did. */
final class RecordedPods implements PodHost {
    private final Map<String, PodStatus> statuses = new HashMap<>();
    private final Set<String> started = new HashSet<>();
    private final List<Listener> listeners = new ArrayList<>();
    private long revision;
    private long sequence;

    @Override
    public synchronized long revision() {
        return revision;
    }

    @Override
    public synchronized void snapshot(long newRevision, List<Assignment> assignments, List<PodFiles> files) {
        Set<String> named = new HashSet<>();
        assignments.forEach(assignment -> named.add(assignment.getPod().getUid()));
        if (newRevision >= revision) {
            List.copyOf(statuses.values()).stream()
                    .filter(status -> !named.contains(status.getPod().getUid()))
                    .forEach(status -> report(status.toBuilder().setRemoved(true)));
        }
        delta(newRevision, assignments, files, List.of());
    }

    @Override
    public synchronized void delta(
            long newRevision, List<Assignment> assignments, List<PodFiles> files, List<String> forgottenPodUids) {
        revision = Math.max(revision, newRevision);
        assignments.forEach(this::take);
        forgottenPodUids.forEach(statuses::remove);
    }

    @Override
    public synchronized List<PodStatus> statuses() {
        return List.copyOf(statuses.values());
    }

    @Override
    public synchronized void listen(Listener listener) {
        listeners.add(listener);
    }

    /** Uids of all pods that were ever told to run here. */
    synchronized Set<String> started() {
        return Set.copyOf(started);
    }

    private void take(Assignment assignment) {
        PodStatus.Builder status = PodStatus.newBuilder().setPod(assignment.getPod());
        if (assignment.getDesired() == DesiredState.REMOVED) {
            report(status.setPhase(PodStatus.Phase.SUCCEEDED).setRemoved(true));
            return;
        }
        if (!started.add(assignment.getPod().getUid())) {
            return;
        }
        status.setPhase(PodStatus.Phase.RUNNING)
                .addAddresses("10.244.0." + (1 + started.size() % 250))
                .setStartedAtMillis(System.currentTimeMillis())
                .setInitialized(true);
        for (ContainerSpec container : assignment.getSpec().getContainersList()) {
            status.addContainers(ContainerStatus.newBuilder()
                    .setName(container.getName())
                    .setContainerId(assignment.getPod().getUid() + "-" + container.getName())
                    .setGeneration(container.getGeneration())
                    .setSpecGeneration(container.getGeneration())
                    .setImage(container.getImage())
                    .setState(ContainerState.newBuilder()
                            .setRunning(
                                    ContainerState.Running.newBuilder().setStartedAtMillis(System.currentTimeMillis())))
                    .setReady(true)
                    .setStarted(true));
        }
        report(status);
    }

    private void report(PodStatus.Builder status) {
        PodStatus reported = status.setSequence(++sequence).build();
        statuses.put(reported.getPod().getUid(), reported);
        listeners.forEach(listener -> listener.statusChanged(reported));
    }
}
