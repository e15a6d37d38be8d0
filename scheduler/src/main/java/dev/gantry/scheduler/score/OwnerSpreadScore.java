package dev.gantry.scheduler.score;

import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Score;
import java.util.List;

/** Prefers nodes with fewer pods of the same owner, so that the loss of a node takes few replicas of one workload. */
public final class OwnerSpreadScore implements Score {
    @Override
    public double weight() {
        return 3;
    }

    @Override
    public double[] scores(PendingPod pod, List<NodeState> nodes) {
        return Fewest.first(nodes.stream()
                .mapToDouble(node -> pod.owner().isEmpty() ? 0 : node.podsOf(pod.owner()))
                .toArray());
    }
}
