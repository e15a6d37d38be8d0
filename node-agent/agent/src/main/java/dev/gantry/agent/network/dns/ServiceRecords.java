package dev.gantry.agent.network.dns;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.linux.netlink.Ipv4;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SRVRecord;

/** The records of one service. A headless one (without address of its own) answers with its endpoints, in another order each time. */
final class ServiceRecords {
    private static final int TOTAL_WEIGHT = 100;

    private final Service service;
    private final Name name;

    /** @param domain the cluster's */
    ServiceRecords(Service service, Name domain) {
        this.service = requireNonNull(service, "service is null");
        this.name = ClusterNames.concatenate(service.name() + "." + service.namespace() + ".svc", domain);
    }

    private boolean headless() {
        return service.clusterAddresses().isEmpty();
    }

    private Stream<Endpoint> endpoints() {
        return service.ports().stream().flatMap(port -> published(port).stream());
    }

    private List<Endpoint> published(Port port) {
        return port.endpoints().stream()
                .filter(endpoint -> endpoint.ready() || service.publishNotReady())
                .filter(endpoint -> isIpv4(endpoint.address()))
                .toList();
    }

    List<Record> addresses(Name question) {
        Stream<String> addresses =
                headless() ? endpoints().map(Endpoint::address) : service.clusterAddresses().stream();
        List<Record> records = new ArrayList<>(addresses
                .filter(ServiceRecords::isIpv4)
                .distinct()
                .map(address -> address(question, address))
                .toList());
        Collections.shuffle(records);
        return records;
    }

    /** Of one endpoint of a headless service, by its hostname or its address with dashes. */
    List<Record> hostAddresses(Name question, String host) {
        if (!headless()) {
            return List.of();
        }
        return endpoints()
                .filter(endpoint ->
                        host(endpoint).equals(host) || dashed(endpoint).equals(host))
                .map(Endpoint::address)
                .distinct()
                .map(address -> address(question, address))
                .toList();
    }

    /** @param label such as _tcp */
    boolean hasTransport(String label) {
        return service.ports().stream().anyMatch(port -> transport(port).equals(label));
    }

    /** SRV records of a named port. @param port such as _http @param transport such as _tcp */
    List<Record> port(Name question, String port, String transport) {
        return service.ports().stream()
                .filter(candidate -> !candidate.name().isEmpty()
                        && ("_" + candidate.name().toLowerCase(Locale.ROOT)).equals(port)
                        && transport(candidate).equals(transport))
                .flatMap(candidate -> targets(question, candidate).stream())
                .toList();
    }

    /** SRV records of every port. */
    List<Record> ports(Name question) {
        return service.ports().stream()
                .flatMap(port -> targets(question, port).stream())
                .toList();
    }

    private List<Record> targets(Name question, Port port) {
        if (!headless()) {
            return List.of(srv(question, TOTAL_WEIGHT, port.port(), name));
        }
        List<Endpoint> endpoints = published(port);
        int weight = endpoints.isEmpty() ? 0 : Math.max(1, TOTAL_WEIGHT / endpoints.size());
        return endpoints.stream()
                .map(endpoint -> srv(question, weight, endpoint.port(), target(endpoint)))
                .toList();
    }

    /** The addresses of everything that SRV records point to. */
    List<Record> targetAddresses() {
        if (!headless()) {
            return addresses(name);
        }
        Set<Record> records = new LinkedHashSet<>();
        endpoints().forEach(endpoint -> records.add(address(target(endpoint), endpoint.address())));
        return List.copyOf(records);
    }

    private Name target(Endpoint endpoint) {
        return ClusterNames.concatenate(host(endpoint), name);
    }

    private static Record srv(Name question, int weight, int port, Name target) {
        return new SRVRecord(question, DClass.IN, ClusterNames.TTL, 0, weight, port, target);
    }

    static String host(Endpoint endpoint) {
        return endpoint.hostname().isEmpty()
                ? dashed(endpoint)
                : endpoint.hostname().toLowerCase(Locale.ROOT);
    }

    private static String dashed(Endpoint endpoint) {
        return endpoint.address().replace('.', '-');
    }

    private static String transport(Port port) {
        return "_" + port.transport().name().toLowerCase(Locale.ROOT);
    }

    private static boolean isIpv4(String address) {
        return address.indexOf(':') < 0;
    }

    static Record address(Name question, String address) {
        try {
            return new ARecord(question, DClass.IN, ClusterNames.TTL, InetAddress.getByAddress(Ipv4.parse(address)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four bytes are always an address", e);
        }
    }
}
