package dev.gantry.agent.session;

import dev.gantry.agent.network.NodeNetwork;
import dev.gantry.agent.network.NodeNetwork.ServiceTable;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.wire.node.v1.Protocol;
import dev.gantry.wire.node.v1.ServiceEntry;
import dev.gantry.wire.node.v1.ServiceName;
import dev.gantry.wire.node.v1.ServicePort;
import dev.gantry.wire.node.v1.ServiceTableDelta;
import dev.gantry.wire.node.v1.ServiceTablePart;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The service table as the leader has sent it in this session. Not safe for use by several threads. */
final class ServiceTableMirror {
    private final Map<ServiceName, ServiceEntry> entries = new HashMap<>();
    private final Map<ServiceName, ServiceEntry> incoming = new HashMap<>();
    private long revision = -1;
    private long incomingRevision = -1;

    /** @return the table once its last part has come */
    Optional<ServiceTable> part(ServiceTablePart part) {
        if (part.getRevision() != incomingRevision) {
            // parts of a table that was never finished
            incoming.clear();
            incomingRevision = part.getRevision();
        }
        part.getServicesList().forEach(entry -> incoming.put(entry.getName(), entry));
        if (!part.getEnd()) {
            return Optional.empty();
        }
        entries.clear();
        entries.putAll(incoming);
        revision = incomingRevision;
        incoming.clear();
        incomingRevision = -1;
        return Optional.of(table());
    }

    /** @return empty when the delta doesn't lead on from what is here: the whole table is needed */
    Optional<ServiceTable> delta(ServiceTableDelta delta) {
        if (delta.getBaseRevision() != revision) {
            return Optional.empty();
        }
        delta.getRemovedList().forEach(entries::remove);
        delta.getServicesList().forEach(entry -> entries.put(entry.getName(), entry));
        revision = delta.getRevision();
        return Optional.of(table());
    }

    private ServiceTable table() {
        return new ServiceTable(
                revision,
                entries.values().stream().map(ServiceTableMirror::service).toList());
    }

    private static NodeNetwork.Service service(ServiceEntry entry) {
        return new NodeNetwork.Service(
                entry.getName().getNamespace(),
                entry.getName().getName(),
                entry.getClusterAddressesList(),
                entry.getPortsList().stream().map(ServiceTableMirror::port).toList(),
                entry.getExternalName(),
                entry.getPublishNotReady(),
                entry.getAffinitySeconds());
    }

    private static NodeNetwork.Port port(ServicePort port) {
        return new NodeNetwork.Port(
                port.getName(),
                port.getProtocol() == Protocol.UDP ? Transport.UDP : Transport.TCP,
                port.getPort(),
                port.getNodePort(),
                port.getEndpointsList().stream()
                        .map(endpoint -> new NodeNetwork.Endpoint(
                                endpoint.getAddress(),
                                endpoint.getPort(),
                                endpoint.getReady(),
                                endpoint.getHostname(),
                                endpoint.getNodeName(),
                                endpoint.getPodUid()))
                        .toList());
    }
}
