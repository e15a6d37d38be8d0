package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A node and what is used of it, within one run of the scheduler. Filters and scores only read it. Not safe for use by many threads. */
public final class NodeState {
    // What Kubernetes' scores assume for a pod that asks for nothing, so that such pods spread, too.
    private static final long ASSUMED_MILLI_CPU = 100;
    private static final long ASSUMED_MEMORY_BYTES = 200L << 20;

    private final NodeFacts facts;
    private final List<HostPort> hostPorts = new ArrayList<>();
    private final Map<String, Integer> podsByOwner = new HashMap<>();
    private Resources used = Resources.NONE;
    private long weighedMilliCpu;
    private long weighedMemoryBytes;

    public NodeState(NodeFacts facts) {
        this.facts = requireNonNull(facts, "facts is null");
    }

    public void add(PlacedPod pod) {
        used = used.plus(pod.requests());
        hostPorts.addAll(pod.hostPorts());
        if (!pod.owner().isEmpty()) {
            podsByOwner.merge(pod.owner(), 1, Integer::sum);
        }
        weighedMilliCpu += weighedMilliCpu(pod.requests());
        weighedMemoryBytes += weighedMemoryBytes(pod.requests());
    }

    public NodeFacts facts() {
        return facts;
    }

    public Resources used() {
        return used;
    }

    public List<HostPort> hostPorts() {
        return hostPorts;
    }

    public int podsOf(String owner) {
        return podsByOwner.getOrDefault(owner, 0);
    }

    /** The share of the CPU in use after {@code pod} came, 0 to 1, a pod without request counted as 100m. */
    public double cpuShareWith(PendingPod pod) {
        return share(
                weighedMilliCpu + weighedMilliCpu(pod.requests()),
                facts.allocatable().milliCpu());
    }

    /** As {@link #cpuShareWith}; a pod without request is counted as 200 MiB. */
    public double memoryShareWith(PendingPod pod) {
        return share(
                weighedMemoryBytes + weighedMemoryBytes(pod.requests()),
                facts.allocatable().memoryBytes());
    }

    private static long weighedMilliCpu(Resources requests) {
        return requests.milliCpu() == 0 ? ASSUMED_MILLI_CPU : requests.milliCpu();
    }

    private static long weighedMemoryBytes(Resources requests) {
        return requests.memoryBytes() == 0 ? ASSUMED_MEMORY_BYTES : requests.memoryBytes();
    }

    private static double share(long used, long total) {
        return total <= 0 ? 1 : Math.min(1, (double) used / total);
    }
}
