package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.Resources;
import java.util.stream.Stream;

/**
 * Who is killed first when the host runs out of memory: Kubernetes' scores by class of service (Node-pressure Eviction, "Node out of memory
 * behavior").
 */
final class OomScore {
    private static final int GUARANTEED = -997;
    private static final int BEST_EFFORT = 1000;

    private OomScore() {}

    static int of(PodSpec spec, ContainerSpec container, long memoryCapacityBytes) {
        if (all(spec).allMatch(OomScore::guaranteed)) {
            return GUARANTEED;
        }
        if (all(spec).allMatch(OomScore::asksForNothing)) {
            return BEST_EFFORT;
        }
        long request = container.getResources().getMemoryRequestBytes();
        long share = memoryCapacityBytes <= 0 ? 0 : 1000L * request / memoryCapacityBytes;
        return (int) Math.clamp(1000 - share, 3, 999);
    }

    private static Stream<Resources> all(PodSpec spec) {
        return Stream.concat(spec.getInitContainersList().stream(), spec.getContainersList().stream())
                .map(ContainerSpec::getResources);
    }

    private static boolean guaranteed(Resources resources) {
        return resources.getCpuLimitMilli() > 0
                && resources.getMemoryLimitBytes() > 0
                && resources.getCpuRequestMilli() == resources.getCpuLimitMilli()
                && resources.getMemoryRequestBytes() == resources.getMemoryLimitBytes();
    }

    private static boolean asksForNothing(Resources resources) {
        return resources.getCpuLimitMilli() == 0
                && resources.getMemoryLimitBytes() == 0
                && resources.getCpuRequestMilli() == 0
                && resources.getMemoryRequestBytes() == 0;
    }
}
