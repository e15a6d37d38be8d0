package dev.gantry.agent.network;

import dev.gantry.agent.network.NodeNetwork.Peer;
import dev.gantry.linux.netlink.Link;
import dev.gantry.linux.netlink.Route;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What must change in the host's routes so that they lead to the pods of these nodes, and to no others. Pure.
 *
 * @param set to be added, or put in the place of one to the same range
 * @param remove to ranges that no node has any more
 * @param unreachable one phrase for each node that no link of this host leads to
 */
record PeerRoutes(List<Route> set, List<Route> remove, List<String> unreachable) {
    PeerRoutes {
        set = List.copyOf(set);
        remove = List.copyOf(remove);
        unreachable = List.copyOf(unreachable);
    }

    /**
     * @param own range of this node's pods
     * @param cluster range of all pods
     * @param routes the host's, of every table
     */
    static PeerRoutes plan(
            List<Peer> peers, AddressRange own, AddressRange cluster, List<Route> routes, List<Link> links) {
        Map<String, Route> wanted = new HashMap<>();
        List<String> unreachable = new ArrayList<>();
        for (Peer peer : peers) {
            Optional<AddressRange> range = range(peer, own, cluster);
            Optional<Route> way = range.flatMap(found -> way(found, peer.addresses(), routes, links));
            if (range.isEmpty()) {
                unreachable.add(
                        "%s (its range of pod addresses %s is not one of the cluster's %s beside this node's %s)"
                                .formatted(peer.nodeName(), peer.podRange(), cluster, own));
            } else if (way.isEmpty()) {
                unreachable.add("%s (no link of this host leads to %s without a router between)"
                        .formatted(peer.nodeName(), String.join(", ", peer.addresses())));
            } else {
                wanted.put(way.get().range(), way.get());
            }
        }
        Map<String, Route> present = new HashMap<>();
        ours(routes).forEach(route -> present.put(route.range(), route));
        return new PeerRoutes(
                wanted.values().stream()
                        .filter(route -> !route.equals(present.get(route.range())))
                        .toList(),
                present.values().stream()
                        .filter(route -> !wanted.containsKey(route.range()))
                        .toList(),
                unreachable.stream().sorted().toList());
    }

    /** Routes to other nodes' pods: of all that are ours, only these have a next hop. */
    static List<Route> ours(List<Route> routes) {
        return routes.stream()
                .filter(route -> route.protocol() == NetworkConfig.ROUTE_PROTOCOL
                        && route.table() == Route.MAIN
                        && !route.gateway().isEmpty())
                .toList();
    }

    private static Optional<AddressRange> range(Peer peer, AddressRange own, AddressRange cluster) {
        try {
            AddressRange range = AddressRange.parse(peer.podRange());
            boolean fits = range.prefix() >= cluster.prefix() && range.overlaps(cluster) && !range.overlaps(own);
            return fits ? Optional.of(range) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Route> way(
            AddressRange range, List<String> addresses, List<Route> routes, List<Link> links) {
        return addresses.stream()
                .flatMap(address -> link(address, routes, links)
                        .map(link -> Route.main(
                                        range.firstAddress(), range.prefix(), link, NetworkConfig.ROUTE_PROTOCOL)
                                .via(address))
                        .stream())
                .findFirst();
    }

    /** The link on which an address is a neighbour. */
    private static Optional<Integer> link(String address, List<Route> routes, List<Link> links) {
        return routes.stream()
                .filter(route -> route.table() == Route.MAIN
                        && route.protocol() != NetworkConfig.ROUTE_PROTOCOL
                        && AddressRange.of(route.destination(), route.prefix()).contains(address))
                .max(Comparator.comparingInt(Route::prefix))
                .filter(route -> route.gateway().isEmpty())
                .flatMap(route -> links.stream()
                        .filter(link -> link.index() == route.link() && link.up() && !link.loopback())
                        .findFirst())
                .map(Link::index);
    }
}
