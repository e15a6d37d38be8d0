package dev.gantry.controlplane.controller.runtime;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which pods are bound to which node: names only, kept by a watch. Safe for use by many threads. */
public final class PodsByNode {
    private final Map<String, Set<ObjectName>> pods = new HashMap<>();

    public synchronized void changed(@Nullable Pod before, @Nullable Pod after) {
        if (after != null && Pods.isAssigned(after)) {
            pods.computeIfAbsent(after.getSpec().getNodeName(), _ -> new HashSet<>())
                    .add(ObjectName.of(after));
        } else if (after == null && before != null && Pods.isAssigned(before)) {
            String node = before.getSpec().getNodeName();
            Set<ObjectName> there = pods.get(node);
            if (there != null && there.remove(ObjectName.of(before)) && there.isEmpty()) {
                pods.remove(node);
            }
        }
    }

    public synchronized Set<ObjectName> on(String node) {
        return Set.copyOf(pods.getOrDefault(node, Set.of()));
    }

    public synchronized void clear() {
        pods.clear();
    }
}
