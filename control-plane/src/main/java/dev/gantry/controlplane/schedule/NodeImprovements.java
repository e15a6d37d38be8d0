package dev.gantry.controlplane.schedule;

import dev.gantry.scheduler.NodeFacts;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Resources;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which obstacles a change in the cluster may have removed: only pods that wait for one of these are tried again. */
final class NodeImprovements {
    /** What a pod that went frees. */
    static final Set<Reason> POD_GONE = EnumSet.of(
            Reason.HOST_PORT,
            Reason.TOO_LITTLE_CPU,
            Reason.TOO_LITTLE_MEMORY,
            Reason.TOO_LITTLE_EPHEMERAL_STORAGE,
            Reason.TOO_MANY_PODS,
            Reason.TOO_LITTLE_OF_EXTENDED_RESOURCE);

    private NodeImprovements() {}

    /** @param before null for a new node, which may help with everything */
    static Set<Reason> between(@Nullable NodeFacts before, NodeFacts after) {
        if (before == null) {
            return EnumSet.allOf(Reason.class);
        }
        Set<Reason> removed = EnumSet.noneOf(Reason.class);
        if (before.cordoned() && !after.cordoned()) {
            removed.add(Reason.CORDONED);
        }
        if (!before.ready() && after.ready()) {
            removed.add(Reason.NOT_READY);
        }
        if (!after.taints().containsAll(before.taints())) {
            removed.add(Reason.TAINTED);
        }
        if (!before.labels().equals(after.labels())) {
            removed.add(Reason.NODE_SELECTOR);
            removed.add(Reason.NODE_AFFINITY);
        }
        Resources was = before.allocatable();
        Resources is = after.allocatable();
        if (!is.max(was).equals(was)) {
            removed.addAll(POD_GONE);
        }
        // A node is explained by its first obstacle: without it, the others show, and may be none.
        return removed;
    }
}
