package dev.gantry.scheduler.filter;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import dev.gantry.scheduler.Taint;
import dev.gantry.scheduler.Toleration;
import java.util.List;

/** A cordoned node takes only pods that tolerate {@code node.kubernetes.io/unschedulable}, as in Kubernetes. */
public final class CordonFilter implements Filter {
    private static final Taint CORDON = new Taint("node.kubernetes.io/unschedulable", "", Taint.Effect.NO_SCHEDULE);

    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        if (!node.facts().cordoned() || Toleration.anyTolerates(pod.tolerations(), CORDON)) {
            return List.of();
        }
        return List.of(new Rejection.Unfit(Reason.CORDONED, ""));
    }
}
