package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.netlink.Link;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.Route;
import dev.gantry.linux.netlink.RouteSocket;
import dev.gantry.linux.netlink.Veth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Wires one network namespace to the host: a routed veth pair, without bridge. The pod knows one neighbour, its gateway, by a permanent entry, and the
 * host the pod likewise, so that the first packet waits for nobody.
 */
final class PodLink {
    private static final String POD_LINK = "eth0";
    private static final int LOOPBACK = 1;
    private static final Path SYSCTLS = Path.of("/proc/sys/net");

    private final NetworkNamespace host;
    private final String gateway;

    PodLink(NetworkNamespace host, String gateway) {
        this.host = requireNonNull(host, "host is null");
        this.gateway = requireNonNull(gateway, "gateway is null");
    }

    /** Makes the pair, both ends up, in a namespace that has no address yet. */
    void connect(NetworkNamespace pod, VethEnds ends, int mtu) throws IOException {
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                routes.createVeth(new Veth(
                        ends.link(), NetworkConfig.GATEWAY_HARDWARE, POD_LINK, ends.hardwareAddress(), pod, mtu));
                // A pod must not speak IPv6 to its host (router advertisements), nor send with another's address.
                setIfPresent("ipv6/conf/" + ends.link() + "/disable_ipv6", "1");
                set("ipv4/conf/" + ends.link() + "/rp_filter", "1");
                routes.setUp(require(routes, ends.link()).index());
            }
            return true;
        });
        pod.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                setIfPresent("ipv6/conf/" + POD_LINK + "/disable_ipv6", "1");
                set("ipv4/conf/all/accept_redirects", "0");
                set("ipv4/conf/" + POD_LINK + "/accept_redirects", "0");
                set("ipv4/ip_unprivileged_port_start", "0");
                set("ipv4/ping_group_range", "0 2147483647");
                routes.setUp(LOOPBACK);
                routes.setUp(require(routes, POD_LINK).index());
            }
            return true;
        });
    }

    /** Gives the pod its address, and the host the way to it. Idempotent. */
    void address(NetworkNamespace pod, VethEnds ends, String address) throws IOException {
        pod.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                int link = require(routes, POD_LINK).index();
                routes.addAddress(link, address, 32, RouteSocket.AddressScope.UNIVERSE);
                routes.replaceNeighbour(link, gateway, NetworkConfig.GATEWAY_HARDWARE);
                routes.replaceRoute(Route.main(gateway, 32, link, NetworkConfig.ROUTE_PROTOCOL));
                routes.replaceRoute(Route.main("0.0.0.0", 0, link, NetworkConfig.ROUTE_PROTOCOL)
                        .via(gateway)
                        .from(address));
            }
            return true;
        });
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                int link = require(routes, ends.link()).index();
                routes.replaceNeighbour(link, address, ends.hardwareAddress());
                routes.replaceRoute(Route.main(address, 32, link, NetworkConfig.ROUTE_PROTOCOL)
                        .from(gateway));
            }
            return true;
        });
    }

    /** Whether the host still has the near end. */
    boolean exists(VethEnds ends) throws IOException {
        return host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                return routes.link(ends.link()).isPresent();
            }
        });
    }

    private static Link require(RouteSocket routes, String name) throws IOException {
        Optional<Link> link = routes.link(name);
        return link.orElseThrow(() -> new IOException("Link " + name + " has gone while the pod's network was made"));
    }

    private static void set(String sysctl, String value) throws IOException {
        Files.writeString(SYSCTLS.resolve(sysctl), value);
    }

    private static void setIfPresent(String sysctl, String value) throws IOException {
        if (Files.exists(SYSCTLS.resolve(sysctl))) {
            set(sysctl, value);
        }
    }
}
