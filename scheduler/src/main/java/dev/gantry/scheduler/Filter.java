package dev.gantry.scheduler;

import java.util.List;

/** A hard rule. Implementations are stateless. */
public interface Filter {
    /** Why {@code node} can't take {@code pod}; empty when it can. */
    List<Rejection> rejections(PendingPod pod, NodeState node);
}
