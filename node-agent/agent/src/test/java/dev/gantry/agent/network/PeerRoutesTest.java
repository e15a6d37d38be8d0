package dev.gantry.agent.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.network.NodeNetwork.Peer;
import dev.gantry.linux.netlink.Link;
import dev.gantry.linux.netlink.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PeerRoutesTest {
    private static final AddressRange OWN = AddressRange.parse("10.244.0.0/24");
    private static final AddressRange CLUSTER = AddressRange.parse("10.244.0.0/16");
    private static final int KERNEL = 2;
    private static final List<Link> LINKS = List.of(
            new Link(1, "lo", true, true, 65_536, ""),
            new Link(2, "eth0", true, false, 1_500, "02:00:00:00:00:01"),
            new Link(3, "eth1", true, false, 1_500, "02:00:00:00:00:02"),
            new Link(4, "eth2", false, false, 1_500, "02:00:00:00:00:03"));
    private static final List<Route> HOST = List.of(
            Route.main("0.0.0.0", 0, 2, KERNEL).via("192.0.2.1"),
            Route.main("192.0.2.0", 24, 2, KERNEL),
            Route.main("198.51.100.0", 24, 3, KERNEL),
            Route.main("203.0.113.0", 24, 4, KERNEL));

    @Test
    void aNodeIsReachedByTheFirstAddressThatIsOnALinkOfThisHost() {
        PeerRoutes plan = plan(HOST, new Peer("10.244.1.0/24", "beta", List.of("203.0.113.7", "198.51.100.7")));
        assertThat(plan.set()).containsExactly(route("10.244.1.0", 3, "198.51.100.7"));
        assertThat(plan.remove()).isEmpty();
        assertThat(plan.unreachable()).isEmpty();
    }

    @Test
    void whatIsThereAlreadyIsLeftAndWhatNoNodeHasGoes() {
        List<Route> routes = with(
                route("10.244.1.0", 2, "192.0.2.7"),
                route("10.244.2.0", 2, "192.0.2.8"),
                route("10.244.3.0", 2, "192.0.2.9"),
                // of a pod of this node, and to services: no routes to other nodes
                Route.main("10.244.0.5", 32, 5, NetworkConfig.ROUTE_PROTOCOL),
                Route.main("10.96.0.0", 16, 1, NetworkConfig.ROUTE_PROTOCOL).from("169.254.42.1"));
        PeerRoutes plan = plan(
                routes,
                new Peer("10.244.1.0/24", "beta", List.of("192.0.2.7")),
                new Peer("10.244.2.0/24", "gamma", List.of("192.0.2.18")));
        assertThat(plan.set()).containsExactly(route("10.244.2.0", 2, "192.0.2.18"));
        assertThat(plan.remove()).containsExactly(route("10.244.3.0", 2, "192.0.2.9"));
    }

    @Test
    void aNodeBehindARouterOrALinkThatIsDownIsSaidToBeUnreachable() {
        PeerRoutes plan = plan(
                HOST,
                new Peer("10.244.1.0/24", "beta", List.of("233.252.0.9")),
                new Peer("10.244.2.0/24", "gamma", List.of("203.0.113.9")));
        assertThat(plan.set()).isEmpty();
        assertThat(plan.unreachable())
                .containsExactly(
                        "beta (no link of this host leads to 233.252.0.9 without a router between)",
                        "gamma (no link of this host leads to 203.0.113.9 without a router between)");
    }

    @Test
    void noRangeTakesAddressesOfThisNodeOrOfOthersThanPods() {
        PeerRoutes plan = plan(
                HOST,
                new Peer("10.244.0.0/24", "twin", List.of("192.0.2.7")),
                new Peer("10.0.0.0/8", "greedy", List.of("192.0.2.8")),
                new Peer("192.0.2.0/24", "thief", List.of("192.0.2.9")),
                new Peer("nonsense", "odd", List.of("192.0.2.10")));
        assertThat(plan.set()).isEmpty();
        assertThat(plan.unreachable())
                .hasSize(4)
                .allSatisfy(why -> assertThat(why).contains("is not one of the cluster's 10.244.0.0/16"));
    }

    private static PeerRoutes plan(List<Route> routes, Peer... peers) {
        return PeerRoutes.plan(List.of(peers), OWN, CLUSTER, routes, LINKS);
    }

    private static Route route(String destination, int link, String gateway) {
        return Route.main(destination, 24, link, NetworkConfig.ROUTE_PROTOCOL).via(gateway);
    }

    private static List<Route> with(Route... more) {
        return new ArrayList<>(Stream.concat(HOST.stream(), Stream.of(more)).toList());
    }
}
