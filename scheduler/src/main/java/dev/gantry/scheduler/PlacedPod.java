package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A pod that uses a node's resources.
 *
 * @param owner the uid of its controller; empty for none
 */
public record PlacedPod(String uid, String owner, String nodeName, Resources requests, List<HostPort> hostPorts) {
    public PlacedPod {
        requireNonNull(uid, "uid is null");
        requireNonNull(owner, "owner is null");
        requireNonNull(nodeName, "nodeName is null");
        requireNonNull(requests, "requests is null");
        hostPorts = List.copyOf(hostPorts);
    }
}
