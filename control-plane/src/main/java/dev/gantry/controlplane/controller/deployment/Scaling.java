package dev.gantry.controlplane.controller.deployment;

import static java.util.Comparator.comparing;

import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Brings ReplicaSets to a changed number of replicas without moving a roll forward: a single one gets it all, several get their shares of the difference
 * (Kubernetes' proportional scaling), which also works while paused.
 */
final class Scaling {
    private final Rollout rollout;
    private final ReplicaSets sets;

    Scaling(Rollout rollout, ReplicaSets sets) {
        this.rollout = rollout;
        this.sets = sets;
    }

    /** Whether somebody changed the number of replicas since the ReplicaSets were last sized. */
    boolean due() {
        return sets.active().stream().anyMatch(set -> {
            long desired = Revisions.number(set, Revisions.DESIRED, -1);
            return desired >= 0 && desired != rollout.replicas();
        });
    }

    void scale() {
        List<ReplicaSet> active = sets.active();
        if (active.size() <= 1) {
            Optional<ReplicaSet> only = active.stream()
                    .findFirst()
                    .or(sets::current)
                    .or(() -> sets.old().stream().reduce((_, later) -> later));
            only.ifPresent(set -> sets.resize(set, rollout.replicas()));
            return;
        }
        if (sets.current().filter(this::saturated).isPresent()) {
            sets.old().forEach(set -> sets.resize(set, 0));
        } else if (!rollout.recreate()) {
            scaleInProportion(active);
        }
    }

    private boolean saturated(ReplicaSet current) {
        return ReplicaSets.size(current) == rollout.replicas() && ReplicaSets.available(current) == rollout.replicas();
    }

    private void scaleInProportion(List<ReplicaSet> active) {
        int toAdd = rollout.maxPods() - sets.total();
        List<ReplicaSet> largestFirst = new ArrayList<>(active);
        Comparator<ReplicaSet> byAge = ReplicaSets.OLDEST_FIRST;
        largestFirst.sort(comparing((ReplicaSet set) -> -ReplicaSets.size(set))
                .thenComparing(toAdd > 0 ? byAge.reversed() : byAge));
        int[] sizes = new int[largestFirst.size()];
        int added = 0;
        for (int i = 0; i < sizes.length; i++) {
            ReplicaSet set = largestFirst.get(i);
            int share = toAdd == 0 ? 0 : share(set, toAdd, toAdd - added);
            sizes[i] = ReplicaSets.size(set) + share;
            added += share;
        }
        sizes[0] = Math.max(0, sizes[0] + toAdd - added);
        for (int i = 0; i < sizes.length; i++) {
            sets.resize(largestFirst.get(i), Math.max(0, sizes[i]));
        }
    }

    private int share(ReplicaSet set, int toAdd, int left) {
        int size = ReplicaSets.size(set);
        long before = Math.max(1, Revisions.number(set, Revisions.MAX, Math.max(1, sets.total())));
        long fraction = Math.round((double) size * (rollout.replicas() + rollout.maxSurge()) / before) - size;
        if (rollout.replicas() == 0) {
            fraction = -size;
        }
        return (int) (toAdd > 0 ? Math.clamp(fraction, 0, left) : Math.clamp(fraction, left, 0));
    }
}
