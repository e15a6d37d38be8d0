package dev.gantry.controlplane.controller.deployment;

import io.fabric8.kubernetes.api.model.apps.ReplicaSet;

/**
 * One step of a rolling update, as Kubernetes' deployment controller makes it: the new ReplicaSet grows as far as the surge allows, then the old ones
 * shrink as far as availability allows, unhealthy replicas first.
 */
final class RollingUpdate {
    private final Rollout rollout;
    private final ReplicaSets sets;

    RollingUpdate(Rollout rollout, ReplicaSets sets) {
        this.rollout = rollout;
        this.sets = sets;
    }

    void step(ReplicaSet current) {
        if (!sets.resize(current, grown(current))) {
            shrinkOld(current);
        }
    }

    private int grown(ReplicaSet current) {
        int size = ReplicaSets.size(current);
        if (size >= rollout.replicas()) {
            return rollout.replicas();
        }
        int room = rollout.maxPods() - sets.total();
        return room <= 0 ? size : size + Math.min(room, rollout.replicas() - size);
    }

    /** How large a new ReplicaSet may begin. */
    int initialSize() {
        return Math.clamp(rollout.maxPods() - sets.total(), 0, rollout.replicas());
    }

    private void shrinkOld(ReplicaSet current) {
        int unavailableNew = ReplicaSets.size(current) - ReplicaSets.available(current);
        int most = sets.total() - rollout.minAvailable() - unavailableNew;
        if (most <= 0) {
            return;
        }
        int left = most - shrinkUnhealthy(most);
        int spare = Math.min(left, sets.totalAvailable() - rollout.minAvailable());
        for (ReplicaSet old : sets.old()) {
            int less = Math.min(Math.max(0, spare), ReplicaSets.size(old));
            if (less > 0) {
                sets.resize(old, ReplicaSets.size(old) - less);
                spare -= less;
            }
        }
    }

    private int shrinkUnhealthy(int most) {
        int done = 0;
        for (ReplicaSet old : sets.old()) {
            int less = Math.min(most - done, ReplicaSets.size(old) - ReplicaSets.available(old));
            if (less > 0) {
                sets.resize(old, ReplicaSets.size(old) - less);
                done += less;
            }
        }
        return done;
    }
}
