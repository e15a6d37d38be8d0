package dev.gantry.scheduler.filter;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import dev.gantry.scheduler.Taint;
import dev.gantry.scheduler.Toleration;
import java.util.List;

/** A node that is not ready takes only pods that tolerate {@code node.kubernetes.io/not-ready:NoSchedule}, as in Kubernetes. */
public final class NodeReadyFilter implements Filter {
    private static final Taint NOT_READY = new Taint("node.kubernetes.io/not-ready", "", Taint.Effect.NO_SCHEDULE);

    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        if (node.facts().ready() || Toleration.anyTolerates(pod.tolerations(), NOT_READY)) {
            return List.of();
        }
        return List.of(new Rejection.Unfit(Reason.NOT_READY, ""));
    }
}
