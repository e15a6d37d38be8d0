package dev.gantry.controlplane.controller.podgarbage;

import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.PodsByNode;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Removes, without waiting for an agent, the pods of a node whose Node object has been gone for a while (it may just be recreated). */
public final class PodGarbagePlanner implements Planner<ObjectName> {
    private final Duration patience;
    private final PodsByNode podsByNode = new PodsByNode();
    private final Map<String, Instant> missingSince = new ConcurrentHashMap<>();

    /** @param patience how long a node must be gone */
    public PodGarbagePlanner(Duration patience) {
        this.patience = requireNonNull(patience, "patience is null");
    }

    @Override
    public String name() {
        return "pod-garbage-collector";
    }

    @Override
    public void subscribe(Subscriptions<ObjectName> subscriptions) {
        podsByNode.clear();
        missingSince.clear();
        subscriptions.watch(PODS, (before, after) -> {
            podsByNode.changed(before, after);
            if (after != null && Pods.isAssigned(after) && (before == null || !Pods.isAssigned(before))) {
                subscriptions.enqueue(ObjectName.of(after));
            }
        });
        subscriptions.watch(NODES, (before, after) -> {
            if (after == null && before != null) {
                podsByNode.on(before.getMetadata().getName()).forEach(subscriptions::enqueue);
            } else if (before == null && after != null) {
                missingSince.remove(after.getMetadata().getName());
            }
        });
    }

    @Override
    public Plan plan(ObjectName key, ClusterObjects objects, Circumstances circumstances) {
        return objects.get(PODS, key.namespace(), key.name())
                .filter(Pods::isAssigned)
                .map(pod -> plan(pod, objects, circumstances.now()))
                .orElse(Plan.nothing());
    }

    private Plan plan(Pod pod, ClusterObjects objects, Instant now) {
        String node = pod.getSpec().getNodeName();
        if (objects.get(NODES, null, node).isPresent()) {
            return Plan.nothing();
        }
        Instant since = missingSince.computeIfAbsent(node, _ -> now);
        Duration left = Duration.between(now, since.plus(patience));
        if (left.isPositive()) {
            return Plan.after(left);
        }
        DeleteOptions atOnce = new DeleteOptions(pod.getMetadata().getUid(), 0L, null);
        return Plan.of(new Action.Delete<>(PODS, ObjectName.of(pod), atOnce));
    }
}
