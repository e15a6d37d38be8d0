package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.NODES;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.identity.NodeAdmission;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.wire.node.v1.NodeStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Keeps Node objects as nodes describe themselves: makes them, gives each its range of pod addresses, and writes their status when something of it has
 * changed; never for a heartbeat. Safe for use by many threads.
 */
final class NodeObjects {
    private static final CrashPoint REGISTERED = CrashPoint.of("dispatch.node-registered");
    private static final CrashPoint STATUS_WRITTEN = CrashPoint.of("dispatch.node-status-written");
    private static final int ATTEMPTS = 8;

    private final ClusterObjects objects;
    private final Fence fence;
    private final String clusterPodRange;
    private final Clock clock;

    NodeObjects(ClusterObjects objects, Fence fence, String clusterPodRange, Clock clock) {
        this.objects = objects;
        this.fence = fence;
        this.clusterPodRange = clusterPodRange;
        this.clock = clock;
    }

    /**
     * The node's object exists and has a range afterwards.
     *
     * @param keyFingerprint of the node's certificate
     * @return its range of pod addresses
     */
    synchronized String register(String name, String keyFingerprint, NodeStatus reported) {
        Node node = retry(() -> registered(name, keyFingerprint, reported));
        REGISTERED.reach();
        return node.getSpec().getPodCIDR();
    }

    /** Writes what the node says of itself, if it differs. */
    void report(String name, String bootId, String agentVersion, NodeStatus reported) {
        change(name, node -> NodeStatusConverter.report(node, bootId, agentVersion, reported, clock.instant()));
    }

    /** The node's session is open and it has acknowledged its first snapshot. */
    void ready(String name) {
        change(name, node -> NodeStatusConverter.ready(node, clock.instant()));
    }

    private void change(String name, Function<Node, io.fabric8.kubernetes.api.model.NodeStatus> status) {
        retry(() -> {
            Optional<Node> node = objects.get(NODES, null, name);
            if (node.isPresent()) {
                var next = status.apply(node.get());
                if (!next.equals(node.get().getStatus())) {
                    node.get().setStatus(next);
                    objects.updateStatus(NODES, node.get(), fence);
                    STATUS_WRITTEN.reach();
                }
            }
            return name;
        });
    }

    private Node registered(String name, String keyFingerprint, NodeStatus reported) {
        Optional<Node> existing = objects.get(NODES, null, name);
        Node before = existing.orElseGet(() -> new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build());
        NodeBuilder builder = new NodeBuilder(before)
                .editMetadata()
                .addToAnnotations(NodeAdmission.KEY_ANNOTATION, keyFingerprint)
                .addToLabels("kubernetes.io/hostname", name)
                .addToLabels("kubernetes.io/os", "linux")
                .addToLabels("kubernetes.io/arch", architecture(reported.getArchitecture()))
                .endMetadata();
        String range = before.getSpec() == null ? null : before.getSpec().getPodCIDR();
        if (range == null || range.isEmpty()) {
            String own = PodRanges.allocate(clusterPodRange, taken());
            builder.editOrNewSpec().withPodCIDR(own).withPodCIDRs(own).endSpec();
        }
        Node after = builder.build();
        if (existing.isEmpty()) {
            return objects.create(NODES, after, fence);
        }
        return after.equals(existing.get()) ? after : objects.update(NODES, after, fence);
    }

    private Set<String> taken() {
        return objects.list(NODES, null).stream()
                .filter(node -> node.getSpec() != null && node.getSpec().getPodCIDR() != null)
                .map(node -> node.getSpec().getPodCIDR())
                .collect(Collectors.toSet());
    }

    /** Go's names, which Kubernetes' labels use. */
    static String architecture(String machine) {
        return switch (machine) {
            case "x86_64", "" -> "amd64";
            case "aarch64" -> "arm64";
            default -> machine;
        };
    }

    private static <T> T retry(Supplier<T> write) {
        for (int attempt = 1; ; attempt++) {
            try {
                return write.get();
            } catch (StoreException.Conflict | StoreException.AlreadyExists | StoreException.NotFound e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (ApiException e) {
                if (e.code() != 409 || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }
}
