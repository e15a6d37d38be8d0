package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.KernelTables.ServiceName;
import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.linux.netlink.ConntrackSocket;
import dev.gantry.linux.netlink.ConntrackSocket.Flow;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes clients leave an endpoint that has gone. A UDP flow has no end: as long as its client sends, the kernel keeps the translation that it chose first,
 * so those whose choice is no longer right are forgotten. So are TCP connections that are not answered yet: a client whose first packet was lost sends it
 * again, a second later perhaps, and would be refused by an endpoint that has stopped meanwhile. Answered connections are never touched.
 */
final class StaleFlows {
    private static final Logger log = LoggerFactory.getLogger(StaleFlows.class);

    private final NetworkNamespace host;

    StaleFlows(NetworkNamespace host) {
        this.host = requireNonNull(host, "host is null");
    }

    /** @param address empty for every address of the host */
    private record Destination(Transport transport, String address, int port) {}

    /** Looks at flows to the ports that have changed. A failure is logged: such flows end when their client pauses. */
    void forget(Map<ServiceName, Service> before, Map<ServiceName, Service> after) {
        Map<Destination, Set<Destination>> endpoints = changedPorts(before, after);
        if (endpoints.isEmpty()) {
            return;
        }
        try (ConntrackSocket flows = host.call(ConntrackSocket::open)) {
            int forgotten = flows.forget(flow -> isStale(flow, endpoints));
            log.debug("Forgot {} flows to endpoints that have gone", forgotten);
        } catch (IOException e) {
            log.warn(
                    "Flows to endpoints that have gone could not be forgotten; they end when their clients pause or give up",
                    e);
        }
    }

    private static boolean isStale(Flow flow, Map<Destination, Set<Destination>> endpoints) {
        Transport transport = switch (flow.protocol()) {
            case TCP -> Transport.TCP;
            case UDP -> Transport.UDP;
        };
        Destination answering = new Destination(transport, flow.answeredBy(), flow.answeredPort());
        Set<Destination> service =
                endpoints.get(new Destination(transport, flow.destination(), flow.destinationPort()));
        if (service != null) {
            return !service.contains(answering);
        }
        Set<Destination> nodePort = endpoints.get(new Destination(transport, "", flow.destinationPort()));
        boolean translated = !flow.answeredBy().equals(flow.destination());
        return nodePort != null && translated && !nodePort.contains(answering);
    }

    /** The endpoints of each port that one has left, or may have left. */
    private static Map<Destination, Set<Destination>> changedPorts(
            Map<ServiceName, Service> before, Map<ServiceName, Service> after) {
        Map<Destination, Set<Destination>> earlier = new HashMap<>();
        Map<Destination, Set<Destination>> changed = new HashMap<>();
        before.forEach((name, service) -> {
            if (!service.equals(after.get(name))) {
                ports(service, earlier, StaleFlows::ready);
                ports(service, changed, port -> Set.of());
            }
        });
        after.forEach((name, service) -> {
            if (!service.equals(before.get(name))) {
                ports(service, changed, StaleFlows::ready);
            }
        });
        earlier.forEach((destination, endpoints) -> {
            if (changed.getOrDefault(destination, Set.of()).containsAll(endpoints)) {
                changed.remove(destination);
            }
        });
        return changed;
    }

    private static void ports(
            Service service, Map<Destination, Set<Destination>> changed, Function<Port, Set<Destination>> endpoints) {
        for (Port port : service.ports()) {
            Set<Destination> now = endpoints.apply(port);
            destinations(service, port).forEach(destination -> changed.put(destination, now));
        }
    }

    private static List<Destination> destinations(Service service, Port port) {
        List<Destination> destinations = new ArrayList<>();
        service.clusterAddresses()
                .forEach(address -> destinations.add(new Destination(port.transport(), address, port.port())));
        if (port.nodePort() != 0) {
            destinations.add(new Destination(port.transport(), "", port.nodePort()));
        }
        return destinations;
    }

    private static Set<Destination> ready(Port port) {
        return port.endpoints().stream()
                .filter(Endpoint::ready)
                .map(endpoint -> new Destination(port.transport(), endpoint.address(), endpoint.port()))
                .collect(Collectors.toSet());
    }
}
