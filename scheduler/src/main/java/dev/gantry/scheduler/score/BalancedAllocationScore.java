package dev.gantry.scheduler.score;

import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Score;
import java.util.List;

/** Prefers nodes whose CPU and memory would be used in like shares, so that neither is left over alone. */
public final class BalancedAllocationScore implements Score {
    @Override
    public double weight() {
        return 1;
    }

    @Override
    public double[] scores(PendingPod pod, List<NodeState> nodes) {
        return nodes.stream()
                .mapToDouble(node -> 100 * (1 - Math.abs(node.cpuShareWith(pod) - node.memoryShareWith(pod)) / 2))
                .toArray();
    }
}
