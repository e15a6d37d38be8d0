package dev.gantry.scheduler.filter;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.HostPort;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import java.util.List;

/** No two pods of a node may have the same host port. */
public final class HostPortFilter implements Filter {
    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        for (HostPort wanted : pod.hostPorts()) {
            if (node.hostPorts().stream().anyMatch(wanted::conflictsWith)) {
                return List.of(new Rejection.Unfit(Reason.HOST_PORT, wanted.toString()));
            }
        }
        return List.of();
    }
}
