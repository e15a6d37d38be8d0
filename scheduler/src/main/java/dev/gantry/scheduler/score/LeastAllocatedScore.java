package dev.gantry.scheduler.score;

import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Score;
import java.util.List;

/** Prefers nodes with the most CPU and memory left: spreads load. */
public final class LeastAllocatedScore implements Score {
    @Override
    public double weight() {
        return 1;
    }

    @Override
    public double[] scores(PendingPod pod, List<NodeState> nodes) {
        return nodes.stream()
                .mapToDouble(node -> 100 * (2 - node.cpuShareWith(pod) - node.memoryShareWith(pod)) / 2)
                .toArray();
    }
}
