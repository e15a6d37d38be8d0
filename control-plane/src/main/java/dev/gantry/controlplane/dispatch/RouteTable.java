package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.NodeRoute;
import dev.gantry.wire.node.v1.NodeRoutes;
import io.fabric8.kubernetes.api.model.Node;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which node has which range of pod addresses, and where that node is: one versioned table. Safe for use by many threads. */
final class RouteTable {
    private final Runnable changed;
    private volatile Version current = new Version(Map.of());

    /** @param changed called after each new version; must not block */
    RouteTable(Runnable changed) {
        this.changed = changed;
    }

    /** @param routes by node; unmodifiable */
    record Version(Map<String, NodeRoute> routes) {
        /** Everything that a node needs to know. */
        NodeRoutes whole(String nodeName) {
            NodeRoutes.Builder all = NodeRoutes.newBuilder().setWhole(true);
            routes.values().stream()
                    .filter(route -> !route.getNodeName().equals(nodeName))
                    .forEach(all::addRoutes);
            return all.build();
        }

        /** What leads from {@code base} to this version for a node; empty when nothing changes for it. */
        Optional<NodeRoutes> since(Version base, String nodeName) {
            NodeRoutes.Builder delta = NodeRoutes.newBuilder();
            routes.forEach((name, route) -> {
                if (!name.equals(nodeName) && !Objects.equals(route, base.routes.get(name))) {
                    delta.addRoutes(route);
                }
            });
            var present = routes.values().stream().map(NodeRoute::getPodRange).collect(Collectors.toSet());
            base.routes.forEach((name, route) -> {
                if (!name.equals(nodeName) && !present.contains(route.getPodRange())) {
                    delta.addRemovedPodRanges(route.getPodRange());
                }
            });
            return delta.getRoutesCount() + delta.getRemovedPodRangesCount() == 0
                    ? Optional.empty()
                    : Optional.of(delta.build());
        }
    }

    Version current() {
        return current;
    }

    void nodeChanged(@Nullable Node before, @Nullable Node after) {
        Node any = after == null ? before : after;
        if (any == null) {
            return;
        }
        String name = any.getMetadata().getName();
        NodeRoute route = after == null ? null : route(after);
        synchronized (this) {
            if (Objects.equals(current.routes().get(name), route)) {
                return;
            }
            Map<String, NodeRoute> routes = new HashMap<>(current.routes());
            if (route == null) {
                routes.remove(name);
            } else {
                routes.put(name, route);
            }
            current = new Version(Map.copyOf(routes));
        }
        changed.run();
    }

    /** Changes may have been missed: nodes that are not in this list are gone. */
    void retain(List<Node> present) {
        var names = present.stream().map(node -> node.getMetadata().getName()).collect(Collectors.toSet());
        synchronized (this) {
            Map<String, NodeRoute> routes = new HashMap<>(current.routes());
            if (!routes.keySet().retainAll(names)) {
                return;
            }
            current = new Version(Map.copyOf(routes));
        }
        changed.run();
    }

    /** @return null for a node that others can't reach: it has no range yet, or no address but loopback */
    private static @Nullable NodeRoute route(Node node) {
        String range = node.getSpec() == null ? null : node.getSpec().getPodCIDR();
        if (range == null
                || range.isEmpty()
                || node.getStatus() == null
                || node.getStatus().getAddresses() == null) {
            return null;
        }
        List<String> addresses = node.getStatus().getAddresses().stream()
                .filter(address -> "InternalIP".equals(address.getType()) && isReachable(address.getAddress()))
                .map(address -> address.getAddress())
                .toList();
        return addresses.isEmpty()
                ? null
                : NodeRoute.newBuilder()
                        .setPodRange(range)
                        .setNodeName(node.getMetadata().getName())
                        .addAllAddresses(addresses)
                        .build();
    }

    private static boolean isReachable(String address) {
        try {
            InetAddress parsed = InetAddress.ofLiteral(address);
            return parsed instanceof Inet4Address && !parsed.isLoopbackAddress() && !parsed.isAnyLocalAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
