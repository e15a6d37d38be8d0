package dev.gantry.scheduler.filter;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import dev.gantry.scheduler.Taint;
import dev.gantry.scheduler.Toleration;
import java.util.List;

/** Every NoSchedule and NoExecute taint must be tolerated. The first that isn't is named. */
public final class TaintFilter implements Filter {
    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        for (Taint taint : node.facts().taints()) {
            if (taint.effect() != Taint.Effect.PREFER_NO_SCHEDULE
                    && !Toleration.anyTolerates(pod.tolerations(), taint)) {
                return List.of(new Rejection.Unfit(Reason.TAINTED, taint.toString()));
            }
        }
        return List.of();
    }
}
