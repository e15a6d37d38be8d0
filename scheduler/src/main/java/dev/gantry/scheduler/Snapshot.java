package dev.gantry.scheduler;

import java.util.List;

/** The cluster at one moment. Pods on nodes that are not listed are ignored. */
public record Snapshot(List<NodeFacts> nodes, List<PlacedPod> pods) {
    public Snapshot {
        nodes = List.copyOf(nodes);
        pods = List.copyOf(pods);
    }
}
