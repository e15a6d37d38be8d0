package dev.gantry.controlplane.schedule;

import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.Times;
import dev.gantry.scheduler.NodeFacts;
import dev.gantry.scheduler.PlacedPod;
import dev.gantry.scheduler.Snapshot;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as the scheduler sees it: compact records kept up to date by watches, and placements that were committed but have not come back yet, which
 * count as if they had. Not safe for use by many threads.
 */
final class ClusterMirror {
    private final PendingQueue queue;
    private final Map<String, NodeFacts> nodes = new HashMap<>();
    private final Map<String, PlacedPod> placed = new HashMap<>();
    private final Map<String, PlacedPod> assumed = new HashMap<>();
    private final Map<String, Long> versions = new HashMap<>();

    ClusterMirror(PendingQueue queue) {
        this.queue = queue;
    }

    Snapshot snapshot() {
        List<PlacedPod> pods = new ArrayList<>(placed.values());
        assumed.forEach((uid, pod) -> {
            if (!placed.containsKey(uid)) {
                pods.add(pod);
            }
        });
        return new Snapshot(List.copyOf(nodes.values()), pods);
    }

    void assume(PlacedPod pod) {
        assumed.put(pod.uid(), pod);
        queue.remove(pod.uid());
    }

    void nodeChanged(@Nullable Node before, @Nullable Node after) {
        if (after == null) {
            if (before != null) {
                nodes.remove(before.getMetadata().getName());
                versions.remove(before.getMetadata().getUid());
            }
            return;
        }
        if (isNews(after)) {
            NodeFacts facts = SchedulerRecords.node(after);
            queue.wake(NodeImprovements.between(nodes.put(facts.name(), facts), facts));
        }
    }

    void podChanged(@Nullable Pod before, @Nullable Pod after) {
        if (after == null) {
            if (before != null) {
                gone(before.getMetadata().getUid());
                versions.remove(before.getMetadata().getUid());
            }
            return;
        }
        if (!isNews(after)) {
            return;
        }
        String uid = after.getMetadata().getUid();
        if (Pods.isTerminal(after)) {
            gone(uid);
        } else if (Pods.isAssigned(after)) {
            queue.remove(uid);
            assumed.remove(uid);
            placed.put(uid, SchedulerRecords.placed(after));
        } else if (Pods.isTerminating(after)) {
            gone(uid);
        } else if (!assumed.containsKey(uid) && isOurs(after)) {
            queue.offer(
                    SchedulerRecords.pending(after),
                    Objects.requireNonNullElse(after.getSpec().getPriority(), 0),
                    Times.format(Times.parse(after.getMetadata().getCreationTimestamp(), Instant.EPOCH)));
        }
    }

    private void gone(String uid) {
        queue.remove(uid);
        boolean usedSomething = placed.remove(uid) != null | assumed.remove(uid) != null;
        if (usedSomething) {
            queue.wake(NodeImprovements.POD_GONE);
        }
    }

    /** Everything that is not in these lists is gone. */
    void replaceAll(List<Node> allNodes, List<Pod> allPods) {
        Set<String> nodeNames = new HashSet<>();
        allNodes.forEach(node -> nodeNames.add(node.getMetadata().getName()));
        nodes.keySet().retainAll(nodeNames);
        Set<String> uids = new HashSet<>();
        allPods.forEach(pod -> uids.add(pod.getMetadata().getUid()));
        Set<String> known = new HashSet<>(placed.keySet());
        known.addAll(assumed.keySet());
        known.addAll(queue.uids());
        known.removeAll(uids);
        known.forEach(this::gone);
        allNodes.forEach(node -> nodeChanged(null, node));
        allPods.forEach(pod -> podChanged(null, pod));
    }

    private static boolean isOurs(Pod pod) {
        String scheduler = pod.getSpec().getSchedulerName();
        boolean gated = pod.getSpec().getSchedulingGates() != null
                && !pod.getSpec().getSchedulingGates().isEmpty();
        return !gated && (scheduler == null || scheduler.isEmpty() || scheduler.equals("default-scheduler"));
    }

    /** A list and a watch overlap: what is older than what is known is dropped. */
    private boolean isNews(HasMetadata object) {
        String version = object.getMetadata().getResourceVersion();
        long revision = version == null ? Long.MAX_VALUE : Long.parseLong(version);
        Long known = versions.get(object.getMetadata().getUid());
        if (known != null && known >= revision && version != null) {
            return false;
        }
        versions.put(object.getMetadata().getUid(), revision);
        return true;
    }
}
