package dev.gantry.scheduler.filter;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import java.util.List;

/** A pod that names its node goes there or nowhere. */
public final class NodeNameFilter implements Filter {
    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        String wanted = pod.nodeName();
        if (wanted == null || wanted.equals(node.facts().name())) {
            return List.of();
        }
        return List.of(new Rejection.Unfit(Reason.NOT_THE_NODE_ASKED_FOR, wanted));
    }
}
