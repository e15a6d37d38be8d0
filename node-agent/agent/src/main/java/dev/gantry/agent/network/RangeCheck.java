package dev.gantry.agent.network;

import dev.gantry.linux.netlink.Link;
import dev.gantry.linux.netlink.Route;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Refuses ranges that the host uses already: its packets would go to pods, or the pods' to its network. Pure. */
final class RangeCheck {
    /** Wider routes are default routes in pieces, as VPNs make them. */
    private static final int NARROWEST_DEFAULT = 4;

    static final String POD_FLAG = "--pod-range";
    static final String SERVICE_FLAG = "--service-range";

    private RangeCheck() {}

    /** @throws IOException naming every overlap, and the flag that changes the range */
    static void check(AddressRange pods, AddressRange services, List<Route> routes, List<Link> links)
            throws IOException {
        List<String> problems = new ArrayList<>();
        if (pods.overlaps(services)) {
            problems.add("The range of pods %s (%s) overlaps with that of services %s (%s)"
                    .formatted(pods, POD_FLAG, services, SERVICE_FLAG));
        }
        problems.addAll(overlaps("pods", POD_FLAG, pods, routes, links));
        problems.addAll(overlaps("services", SERVICE_FLAG, services, routes, links));
        if (!problems.isEmpty()) {
            throw new IOException(String.join("; ", problems));
        }
    }

    private static List<String> overlaps(
            String what, String flag, AddressRange range, List<Route> routes, List<Link> links) {
        return routes.stream()
                .filter(route ->
                        route.protocol() != NetworkConfig.ROUTE_PROTOCOL && route.prefix() >= NARROWEST_DEFAULT)
                .filter(route ->
                        AddressRange.of(route.destination(), route.prefix()).overlaps(range))
                .collect(Collectors.toMap(Route::range, route -> route, (first, _) -> first))
                .values()
                .stream()
                .map(route -> "The range of %s %s overlaps with this host's route to %s on %s: choose another with %s"
                        .formatted(what, range, route.range(), linkName(route, links), flag))
                .sorted()
                .limit(1)
                .toList();
    }

    private static String linkName(Route route, List<Link> links) {
        return links.stream()
                .filter(link -> link.index() == route.link())
                .map(Link::name)
                .findFirst()
                .orElse("no link");
    }
}
