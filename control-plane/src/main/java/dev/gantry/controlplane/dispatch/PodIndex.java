package dev.gantry.controlplane.dispatch;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Which pods are bound to which node. May name a pod that is gone for a moment, never misses one that is there: whoever uses an entry looks the pod up.
 * Safe for use by many threads.
 */
final class PodIndex {
    private final ConcurrentMap<String, ConcurrentMap<String, Key>> byNode = new ConcurrentHashMap<>();

    record Key(String namespace, String name) {}

    /** @return the node whose pods have changed; null for a pod without a node */
    @Nullable
    String changed(@Nullable Pod before, @Nullable Pod after) {
        String nodeBefore = node(before);
        String nodeAfter = node(after);
        if (before != null
                && nodeBefore != null
                && (after == null
                        || !before.getMetadata()
                                .getUid()
                                .equals(after.getMetadata().getUid()))) {
            remove(nodeBefore, before.getMetadata().getUid());
        }
        if (after != null && nodeAfter != null) {
            byNode.computeIfAbsent(nodeAfter, node -> new ConcurrentHashMap<>())
                    .put(
                            after.getMetadata().getUid(),
                            new Key(
                                    after.getMetadata().getNamespace(),
                                    after.getMetadata().getName()));
        }
        return nodeAfter == null ? nodeBefore : nodeAfter;
    }

    void remove(String node, String uid) {
        Map<String, Key> pods = byNode.get(node);
        if (pods != null) {
            pods.remove(uid);
        }
    }

    Set<String> uids(String node) {
        Map<String, Key> pods = byNode.get(node);
        return pods == null ? Set.of() : Set.copyOf(pods.keySet());
    }

    @Nullable
    Key find(String node, String uid) {
        Map<String, Key> pods = byNode.get(node);
        return pods == null ? null : pods.get(uid);
    }

    private static @Nullable String node(@Nullable Pod pod) {
        if (pod == null || pod.getSpec() == null) {
            return null;
        }
        String node = pod.getSpec().getNodeName();
        return node == null || node.isEmpty() ? null : node;
    }
}
