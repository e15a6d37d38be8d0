package dev.gantry.scheduler.score;

import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Score;
import dev.gantry.scheduler.Taint;
import dev.gantry.scheduler.Toleration;
import java.util.List;

/** Prefers nodes with fewer PreferNoSchedule taints that the pod doesn't tolerate. */
public final class TaintScore implements Score {
    @Override
    public double weight() {
        return 3;
    }

    @Override
    public double[] scores(PendingPod pod, List<NodeState> nodes) {
        double[] intolerable = nodes.stream()
                .mapToDouble(node -> node.facts().taints().stream()
                        .filter(taint -> taint.effect() == Taint.Effect.PREFER_NO_SCHEDULE
                                && !Toleration.anyTolerates(pod.tolerations(), taint))
                        .count())
                .toArray();
        return Fewest.first(intolerable);
    }
}
