package dev.gantry.scheduler;

import java.util.List;

/** A soft rule. Implementations are stateless. */
public interface Score {
    /** How much this rule counts beside the others. */
    double weight();

    /** The nodes' scores in their order, each from 0 (worst) to 100 (best). */
    double[] scores(PendingPod pod, List<NodeState> nodes);
}
