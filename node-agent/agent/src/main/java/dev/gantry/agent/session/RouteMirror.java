package dev.gantry.agent.session;

import dev.gantry.agent.network.NodeNetwork.Peer;
import dev.gantry.wire.node.v1.NodeRoute;
import dev.gantry.wire.node.v1.NodeRoutes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where other nodes' pods are, as the leader has told it in this session. Not safe for use by several threads. */
final class RouteMirror {
    private final Map<String, Peer> byRange = new TreeMap<>();

    /** @return all there are now */
    List<Peer> after(NodeRoutes message) {
        if (message.getWhole()) {
            byRange.clear();
        }
        message.getRemovedPodRangesList().forEach(byRange::remove);
        for (NodeRoute route : message.getRoutesList()) {
            byRange.put(
                    route.getPodRange(), new Peer(route.getPodRange(), route.getNodeName(), route.getAddressesList()));
        }
        return List.copyOf(byRange.values());
    }
}
