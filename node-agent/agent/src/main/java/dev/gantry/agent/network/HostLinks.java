package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.NodeNetwork.Peer;
import dev.gantry.linux.netlink.Link;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.Route;
import dev.gantry.linux.netlink.RouteSocket;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The host's own addresses, routes and switches that pods need: the gateway address, the way to services, forwarding. */
final class HostLinks {
    private static final int DEFAULT_MTU = 1500;
    private static final long GONE_SECONDS = 10;
    private static final long POLL_MILLIS = 5;

    private final NetworkNamespace host;
    private final String gateway;

    HostLinks(NetworkNamespace host, String gateway) {
        this.host = requireNonNull(host, "host is null");
        this.gateway = requireNonNull(gateway, "gateway is null");
    }

    /** @throws IOException when the host uses one of these ranges */
    void check(AddressRange pods, AddressRange services) throws IOException {
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                List<Route> others = routes.routes().stream()
                        .filter(route -> !route.destination().equals(gateway))
                        .toList();
                RangeCheck.check(pods, services, others, routes.links());
            }
            return true;
        });
    }

    /** What forwarding will change; empty when the host forwards already. */
    Map<String, String> sysctls() throws IOException {
        return host.call(() -> Forwarding.isOn() ? Map.of() : Forwarding.values());
    }

    /** Idempotent. */
    void setUp(AddressRange services) throws IOException {
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                int loopback = loopback(routes);
                routes.addAddress(loopback, gateway, 32, RouteSocket.AddressScope.HOST);
                for (Route route : serviceRoutes(routes, loopback)) {
                    if (!route.range().equals(services.toString())) {
                        routes.removeRoute(route);
                    }
                }
                // Gives the host's own packets to services a route and a source; the output hook turns them to an
                // endpoint.
                routes.replaceRoute(
                        Route.main(services.firstAddress(), services.prefix(), loopback, NetworkConfig.ROUTE_PROTOCOL)
                                .from(gateway));
            }
            if (!Forwarding.isOn()) {
                Forwarding.turnOn();
            }
            return true;
        });
    }

    /**
     * Brings the routes to other nodes' pods to what these nodes need.
     *
     * @param own range of this node's pods
     * @return nodes that can't be reached, each with why
     * @throws IOException when the kernel refuses one: those before it are set
     */
    List<String> route(List<Peer> peers, AddressRange own, AddressRange cluster) throws IOException {
        return host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                PeerRoutes plan = PeerRoutes.plan(peers, own, cluster, routes.routes(), routes.links());
                for (Route route : plan.remove()) {
                    routes.removeRoute(route);
                }
                for (Route route : plan.set()) {
                    routes.replaceRoute(route);
                }
                return plan.unreachable();
            }
        });
    }

    /** Bytes that fit through the link of the default route. */
    int mtu() throws IOException {
        return host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                List<Link> links = routes.links();
                return routes.routes().stream()
                        .filter(route -> route.prefix() == 0 && route.table() == Route.MAIN)
                        .flatMap(route -> links.stream().filter(link -> link.index() == route.link()))
                        .filter(link -> !link.loopback())
                        .map(Link::mtu)
                        .min(Comparator.naturalOrder())
                        .orElse(DEFAULT_MTU);
            }
        });
    }

    /** Undoes {@link #setUp}, and waits until the links of released pods have gone. Idempotent. */
    void tearDown(Map<String, String> sysctls) throws IOException {
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                int loopback = loopback(routes);
                for (Route route : serviceRoutes(routes, loopback)) {
                    routes.removeRoute(route);
                }
                for (Route route : PeerRoutes.ours(routes.routes())) {
                    routes.removeRoute(route);
                }
                routes.removeAddress(loopback, gateway, 32);
                awaitNoLinks(routes);
            }
            Forwarding.restore(sysctls);
            return true;
        });
    }

    /** The kernel ends namespaces, and with them links, in its own time. */
    private static void awaitNoLinks(RouteSocket routes) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GONE_SECONDS);
        while (true) {
            List<String> left = routes.links().stream()
                    .map(Link::name)
                    .filter(name -> name.startsWith(NetworkConfig.LINK_PREFIX))
                    .toList();
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
                throw new IOException("Links %s are still there: a process holds their namespaces; end it and try again"
                        .formatted(left));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
        }
    }

    private static List<Route> serviceRoutes(RouteSocket routes, int loopback) throws IOException {
        return routes.routes().stream()
                .filter(route -> route.protocol() == NetworkConfig.ROUTE_PROTOCOL && route.link() == loopback)
                .toList();
    }

    private static int loopback(RouteSocket routes) throws IOException {
        return routes.links().stream()
                .filter(Link::loopback)
                .map(Link::index)
                .findFirst()
                .orElseThrow(() -> new IOException("This host has no loopback link"));
    }
}
