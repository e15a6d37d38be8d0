package dev.gantry.controlplane.dispatch;

import static java.util.Objects.requireNonNull;

import dev.gantry.wire.node.v1.NodeSettings;
import java.util.List;
import java.util.function.Supplier;

/**
 * What every node is told about the cluster.
 *
 * @param clusterId never changes; agents refuse another one
 * @param podRange all pods of the cluster, CIDR; each node gets a /24 of it
 * @param serviceRange CIDR
 * @param dnsAddress the service address of DNS
 * @param domain usually {@code cluster.local}
 * @param controlPlanes host:port of every control plane that there is now, as agents dial them
 */
public record ClusterSettings(
        String clusterId,
        String podRange,
        String serviceRange,
        String dnsAddress,
        String domain,
        int nodePortFirst,
        int nodePortLast,
        Supplier<List<String>> controlPlanes) {
    private static final int NODE_STATUS_SECONDS = 60;

    public ClusterSettings {
        requireNonNull(clusterId, "clusterId is null");
        requireNonNull(podRange, "podRange is null");
        requireNonNull(serviceRange, "serviceRange is null");
        requireNonNull(dnsAddress, "dnsAddress is null");
        requireNonNull(domain, "domain is null");
        requireNonNull(controlPlanes, "controlPlanes is null");
    }

    NodeSettings forNode(String nodePodRange) {
        return NodeSettings.newBuilder()
                .setPodRange(nodePodRange)
                .setClusterPodRange(podRange)
                .setServiceRange(serviceRange)
                .setDnsAddress(dnsAddress)
                .setClusterDomain(domain)
                .setNodePortFirst(nodePortFirst)
                .setNodePortLast(nodePortLast)
                .addAllControlPlanes(controlPlanes.get())
                .setNodeStatusSeconds(NODE_STATUS_SECONDS)
                .build();
    }
}
