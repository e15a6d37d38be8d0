package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.Endpoint;
import dev.gantry.wire.node.v1.Protocol;
import dev.gantry.wire.node.v1.ServiceEntry;
import dev.gantry.wire.node.v1.ServiceName;
import dev.gantry.wire.node.v1.ServicePort;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One Service and its EndpointSlices as nodes get them. Pure. */
final class ServiceEntries {
    private static final Comparator<Endpoint> ORDER =
            Comparator.comparing(Endpoint::getAddress).thenComparing(Endpoint::getPort);

    private ServiceEntries() {}

    static ServiceName name(Service service) {
        return ServiceName.newBuilder()
                .setNamespace(service.getMetadata().getNamespace())
                .setName(service.getMetadata().getName())
                .build();
    }

    /** @param stopping by pod uid: whether an endpoint takes no new connections any more, whatever its slice still says */
    static ServiceEntry entry(Service service, Collection<EndpointSlice> slices, Predicate<String> stopping) {
        var spec = service.getSpec();
        ServiceEntry.Builder entry = ServiceEntry.newBuilder()
                .setName(name(service))
                .setPublishNotReady(Boolean.TRUE.equals(spec.getPublishNotReadyAddresses()))
                .setAffinitySeconds(affinity(service));
        if ("ExternalName".equals(spec.getType())) {
            return entry.setExternalName(Objects.requireNonNullElse(spec.getExternalName(), ""))
                    .build();
        }
        for (String address : addresses(service)) {
            if (!address.isEmpty() && !address.equals("None")) {
                entry.addClusterAddresses(address);
            }
        }
        if (spec.getPorts() == null || spec.getPorts().isEmpty()) {
            // a headless service may name no port; its names still lead to its endpoints
            return entry.addPorts(ServicePort.newBuilder().addAllEndpoints(endpoints(slices, null, stopping)))
                    .build();
        }
        for (var port : spec.getPorts()) {
            entry.addPorts(ServicePort.newBuilder()
                    .setName(orEmpty(port.getName()))
                    .setProtocol("UDP".equals(port.getProtocol()) ? Protocol.UDP : Protocol.TCP)
                    .setPort(port.getPort())
                    .setNodePort(port.getNodePort() == null ? 0 : port.getNodePort())
                    .addAllEndpoints(endpoints(slices, port, stopping)));
        }
        return entry.build();
    }

    private static List<String> addresses(Service service) {
        var spec = service.getSpec();
        if (spec.getClusterIPs() != null && !spec.getClusterIPs().isEmpty()) {
            return spec.getClusterIPs();
        }
        return spec.getClusterIP() == null ? List.of() : List.of(spec.getClusterIP());
    }

    private static int affinity(Service service) {
        if (!"ClientIP".equals(service.getSpec().getSessionAffinity())) {
            return 0;
        }
        var config = service.getSpec().getSessionAffinityConfig();
        return config == null
                        || config.getClientIP() == null
                        || config.getClientIP().getTimeoutSeconds() == null
                ? 10_800
                : config.getClientIP().getTimeoutSeconds();
    }

    private static List<Endpoint> endpoints(
            Collection<EndpointSlice> slices,
            io.fabric8.kubernetes.api.model.@Nullable ServicePort port,
            Predicate<String> stopping) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (EndpointSlice slice : slices) {
            int number = port == null ? 0 : portOf(slice, port);
            if (number < 0 || slice.getEndpoints() == null) {
                continue;
            }
            for (var endpoint : slice.getEndpoints()) {
                String uid = endpoint.getTargetRef() == null
                        ? ""
                        : orEmpty(endpoint.getTargetRef().getUid());
                boolean ready = endpoint.getConditions() == null
                        || !Boolean.FALSE.equals(endpoint.getConditions().getReady());
                for (String address : endpoint.getAddresses() == null ? List.<String>of() : endpoint.getAddresses()) {
                    endpoints.add(Endpoint.newBuilder()
                            .setAddress(address)
                            .setPort(number)
                            .setReady(ready && !stopping.test(uid))
                            .setHostname(orEmpty(endpoint.getHostname()))
                            .setNodeName(orEmpty(endpoint.getNodeName()))
                            .setPodUid(uid)
                            .build());
                }
            }
        }
        endpoints.sort(ORDER);
        return endpoints;
    }

    /** @return -1 when the slice has no such port */
    private static int portOf(EndpointSlice slice, io.fabric8.kubernetes.api.model.ServicePort port) {
        List<EndpointPort> ports = slice.getPorts() == null ? List.of() : slice.getPorts();
        return ports.stream()
                .filter(candidate -> orEmpty(candidate.getName()).equals(orEmpty(port.getName())))
                .filter(candidate -> protocol(candidate.getProtocol()).equals(protocol(port.getProtocol())))
                .filter(candidate -> candidate.getPort() != null)
                .mapToInt(EndpointPort::getPort)
                .findFirst()
                .orElse(-1);
    }

    private static String protocol(@Nullable String protocol) {
        return protocol == null ? "TCP" : protocol;
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
