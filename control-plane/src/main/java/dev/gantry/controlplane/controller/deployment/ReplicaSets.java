package dev.gantry.controlplane.controller.deployment;

import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.resource.Resources;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ReplicaSets of one Deployment within one plan: resized in place, each written once at the end. Oldest first.
 *
 * <p>Availability is counted as no more than the size that a ReplicaSet has been given: its status may be older than our last resize, and believing it would
 * take pods away twice.
 */
final class ReplicaSets {
    static final Comparator<ReplicaSet> OLDEST_FIRST = comparing(
                    (ReplicaSet set) -> requireNonNullElse(set.getMetadata().getCreationTimestamp(), ""))
            .thenComparing(set -> set.getMetadata().getName());

    private final Deployment deployment;
    private final Rollout rollout;
    private final List<ReplicaSet> all;
    private final @Nullable ReplicaSet current;
    private final Set<ReplicaSet> changed = new LinkedHashSet<>();
    private final Plan.Builder plan;

    ReplicaSets(Deployment deployment, Rollout rollout, List<ReplicaSet> owned, Plan.Builder plan) {
        this.deployment = deployment;
        this.rollout = rollout;
        this.all = owned.stream().sorted(OLDEST_FIRST).toList();
        this.current = all.stream()
                .filter(set -> PodTemplates.same(
                        set.getSpec().getTemplate(), deployment.getSpec().getTemplate()))
                .findFirst()
                .orElse(null);
        this.plan = plan;
    }

    /** The one whose template is the Deployment's. */
    Optional<ReplicaSet> current() {
        return Optional.ofNullable(current);
    }

    List<ReplicaSet> all() {
        return all;
    }

    List<ReplicaSet> old() {
        return all.stream().filter(set -> set != current).toList();
    }

    List<ReplicaSet> active() {
        return all.stream().filter(set -> size(set) > 0).toList();
    }

    static int size(ReplicaSet set) {
        return requireNonNullElse(set.getSpec().getReplicas(), 1);
    }

    static int available(ReplicaSet set) {
        return set.getStatus() == null
                ? 0
                : Math.min(size(set), requireNonNullElse(set.getStatus().getAvailableReplicas(), 0));
    }

    static int observed(ReplicaSet set) {
        return set.getStatus() == null ? 0 : requireNonNullElse(set.getStatus().getReplicas(), 0);
    }

    int total() {
        return all.stream().mapToInt(ReplicaSets::size).sum();
    }

    int totalAvailable() {
        return all.stream().mapToInt(ReplicaSets::available).sum();
    }

    /** @return whether the size changes */
    boolean resize(ReplicaSet set, int replicas) {
        int before = size(set);
        if (Revisions.annotate(set, Revisions.sizes(rollout))) {
            changed.add(set);
        }
        if (before == replicas) {
            return false;
        }
        set.getSpec().setReplicas(replicas);
        changed.add(set);
        plan.add(new Action.Report(
                deployment,
                Severity.NORMAL,
                "ScalingReplicaSet",
                "Scaled %s replica set %s from %d to %d"
                        .formatted(
                                before < replicas ? "up" : "down",
                                set.getMetadata().getName(),
                                before,
                                replicas)));
        return true;
    }

    void changed(ReplicaSet set) {
        changed.add(set);
    }

    void write() {
        changed.forEach(set -> plan.add(new Action.Update<>(Resources.REPLICA_SETS, set)));
    }
}
