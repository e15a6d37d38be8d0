package dev.gantry.scheduler.filter;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import dev.gantry.scheduler.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** What the pod requests must be free. A resource that it doesn't request is not looked at, even when the node is overcommitted in it. */
public final class ResourceFilter implements Filter {
    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        Resources wanted = pod.requests();
        Resources used = node.used();
        Resources all = node.facts().allocatable();
        List<Rejection> lacks = new ArrayList<>(0);
        if (used.pods() + wanted.pods() > all.pods()) {
            lacks.add(new Rejection.Unfit(Reason.TOO_MANY_PODS, ""));
        }
        check(lacks, Reason.TOO_LITTLE_CPU, "CPU", wanted.milliCpu(), used.milliCpu(), all.milliCpu());
        check(lacks, Reason.TOO_LITTLE_MEMORY, "memory", wanted.memoryBytes(), used.memoryBytes(), all.memoryBytes());
        check(
                lacks,
                Reason.TOO_LITTLE_EPHEMERAL_STORAGE,
                "ephemeral storage",
                wanted.ephemeralBytes(),
                used.ephemeralBytes(),
                all.ephemeralBytes());
        if (!wanted.extended().isEmpty()) {
            new TreeMap<>(wanted.extended())
                    .forEach((name, amount) -> check(
                            lacks,
                            Reason.TOO_LITTLE_OF_EXTENDED_RESOURCE,
                            name,
                            amount,
                            used.extended(name),
                            all.extended(name)));
        }
        return lacks;
    }

    private static void check(List<Rejection> lacks, Reason reason, String resource, long wanted, long used, long all) {
        if (wanted > 0 && used + wanted > all) {
            lacks.add(new Rejection.Lack(reason, resource, wanted, used + wanted - all));
        }
    }
}
