package dev.gantry.controlplane.membership;

import static java.util.Objects.requireNonNull;

/**
 * What every control plane of a cluster must be told alike.
 *
 * @param podRange CIDR
 * @param serviceRange CIDR
 * @param nodePorts first-last
 * @param zookeeper host:port,… of an external ensemble; empty for the embedded servers
 */
public record ClusterShape(String podRange, String serviceRange, String nodePorts, String zookeeper) {
    public ClusterShape {
        requireNonNull(podRange, "podRange is null");
        requireNonNull(serviceRange, "serviceRange is null");
        requireNonNull(nodePorts, "nodePorts is null");
        requireNonNull(zookeeper, "zookeeper is null");
    }
}
