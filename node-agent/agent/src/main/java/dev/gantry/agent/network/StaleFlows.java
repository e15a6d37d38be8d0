package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.KernelTables.ServiceName;
import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.linux.netlink.ConntrackSocket;
import dev.gantry.linux.netlink.ConntrackSocket.UdpFlow;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes UDP clients leave an endpoint that has gone. A UDP flow has no end: as long as its client sends, the kernel keeps the translation that it chose
 * first, so those whose choice is no longer right are forgotten. TCP connections are never touched.
 */
final class StaleFlows {
    private static final Logger log = LoggerFactory.getLogger(StaleFlows.class);

    private final NetworkNamespace host;

    StaleFlows(NetworkNamespace host) {
        this.host = requireNonNull(host, "host is null");
    }

    /** @param address empty for every address of the host */
    private record Destination(String address, int port) {}

    /** Looks at flows to the UDP ports that have changed. A failure is logged: such flows end when their client pauses. */
    void forget(Map<ServiceName, Service> before, Map<ServiceName, Service> after) {
        Map<Destination, Set<Destination>> endpoints = changedPorts(before, after);
        if (endpoints.isEmpty()) {
            return;
        }
        try (ConntrackSocket flows = host.call(ConntrackSocket::open)) {
            int forgotten = flows.forget(flow -> isStale(flow, endpoints));
            log.debug("Forgot {} UDP flows to endpoints that have gone", forgotten);
        } catch (IOException e) {
            log.warn(
                    "UDP flows to endpoints that have gone could not be forgotten; they end when their clients pause",
                    e);
        }
    }

    private static boolean isStale(UdpFlow flow, Map<Destination, Set<Destination>> endpoints) {
        Destination answering = new Destination(flow.answeredBy(), flow.answeredPort());
        Set<Destination> service = endpoints.get(new Destination(flow.destination(), flow.destinationPort()));
        if (service != null) {
            return !service.contains(answering);
        }
        Set<Destination> nodePort = endpoints.get(new Destination("", flow.destinationPort()));
        boolean translated = !flow.answeredBy().equals(flow.destination());
        return nodePort != null && translated && !nodePort.contains(answering);
    }

    /** The endpoints of each UDP port that has changed or gone. */
    private static Map<Destination, Set<Destination>> changedPorts(
            Map<ServiceName, Service> before, Map<ServiceName, Service> after) {
        Map<Destination, Set<Destination>> changed = new HashMap<>();
        after.forEach((name, service) -> {
            if (!service.equals(before.get(name))) {
                udpPorts(service)
                        .forEach(port -> destinations(service, port)
                                .forEach(destination -> changed.put(destination, ready(port))));
            }
        });
        before.forEach((name, service) -> {
            if (!service.equals(after.get(name))) {
                udpPorts(service)
                        .forEach(port -> destinations(service, port)
                                .forEach(destination -> changed.putIfAbsent(destination, Set.of())));
            }
        });
        return changed;
    }

    private static List<Port> udpPorts(Service service) {
        return service.ports().stream()
                .filter(port -> port.transport() == Transport.UDP)
                .toList();
    }

    private static List<Destination> destinations(Service service, Port port) {
        List<Destination> destinations = new ArrayList<>();
        service.clusterAddresses().forEach(address -> destinations.add(new Destination(address, port.port())));
        if (port.nodePort() != 0) {
            destinations.add(new Destination("", port.nodePort()));
        }
        return destinations;
    }

    private static Set<Destination> ready(Port port) {
        return port.endpoints().stream()
                .filter(Endpoint::ready)
                .map(endpoint -> new Destination(endpoint.address(), endpoint.port()))
                .collect(Collectors.toSet());
    }
}
