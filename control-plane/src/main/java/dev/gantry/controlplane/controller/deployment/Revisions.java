package dev.gantry.controlplane.controller.deployment;

import dev.gantry.controlplane.controller.runtime.Selectors;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The annotations through which Deployments and ReplicaSets remember revisions and sizes, as {@code kubectl rollout history} reads them. */
final class Revisions {
    static final String REVISION = "deployment.kubernetes.io/revision";
    static final String HISTORY = "deployment.kubernetes.io/revision-history";
    static final String DESIRED = "deployment.kubernetes.io/desired-replicas";
    static final String MAX = "deployment.kubernetes.io/max-replicas";
    private static final Set<String> NOT_COPIED = Set.of(
            "kubectl.kubernetes.io/last-applied-configuration",
            REVISION,
            HISTORY,
            DESIRED,
            MAX,
            "deprecated.deployment.rollback.to");

    private Revisions() {}

    static long of(HasMetadata object) {
        return number(object, REVISION, 0);
    }

    static long number(HasMetadata object, String annotation, long otherwise) {
        try {
            return Long.parseLong(Selectors.annotations(object).getOrDefault(annotation, ""));
        } catch (NumberFormatException _) {
            return otherwise;
        }
    }

    /** @return whether something changed */
    static boolean annotate(HasMetadata object, Map<String, String> wanted) {
        Map<String, String> annotations = new HashMap<>(Selectors.annotations(object));
        if (annotations.entrySet().containsAll(wanted.entrySet())) {
            return false;
        }
        annotations.putAll(wanted);
        object.getMetadata().setAnnotations(annotations);
        return true;
    }

    static Map<String, String> sizes(Rollout rollout) {
        return Map.of(
                DESIRED, Integer.toString(rollout.replicas()),
                MAX, Integer.toString(rollout.replicas() + rollout.maxSurge()));
    }

    /** Copies the Deployment's annotations, such as the change cause. */
    static boolean copy(Deployment from, ReplicaSet to) {
        Map<String, String> wanted = new HashMap<>(Selectors.annotations(from));
        wanted.keySet().removeAll(NOT_COPIED);
        return annotate(to, wanted);
    }

    /** Raises the ReplicaSet to {@code revision}, remembering the one it had: that is what a rollback does to history. */
    static boolean raise(ReplicaSet replicaSet, long revision) {
        long before = of(replicaSet);
        if (before >= revision) {
            return false;
        }
        Map<String, String> wanted = new HashMap<>();
        wanted.put(REVISION, Long.toString(revision));
        if (before > 0) {
            String history = Selectors.annotations(replicaSet).getOrDefault(HISTORY, "");
            wanted.put(HISTORY, history.isEmpty() ? Long.toString(before) : history + "," + before);
        }
        return annotate(replicaSet, wanted);
    }
}
