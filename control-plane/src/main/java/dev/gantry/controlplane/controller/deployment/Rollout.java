package dev.gantry.controlplane.controller.deployment;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpec;
import io.fabric8.kubernetes.api.model.apps.DeploymentStrategy;
import org.jspecify.annotations.Nullable;

/**
 * A Deployment's numbers with Kubernetes' defaults.
 *
 * @param replicas how many pods are wanted
 * @param maxSurge how many more may exist during a roll
 * @param maxUnavailable how many fewer may be available during a roll
 * @param progressDeadlineSeconds how long a roll may go without progress
 */
record Rollout(
        boolean recreate,
        boolean paused,
        int replicas,
        int maxSurge,
        int maxUnavailable,
        int minReadySeconds,
        int progressDeadlineSeconds,
        int revisionHistoryLimit) {
    private static final int DEFAULT_DEADLINE_SECONDS = 600;
    private static final int DEFAULT_HISTORY = 10;

    static Rollout of(Deployment deployment) {
        DeploymentSpec spec = deployment.getSpec();
        int replicas = requireNonNullElse(spec.getReplicas(), 1);
        DeploymentStrategy strategy = spec.getStrategy();
        boolean recreate = strategy != null && "Recreate".equals(strategy.getType());
        IntOrString quarter = new IntOrString("25%");
        IntOrString surge = quarter;
        IntOrString unavailable = quarter;
        if (strategy != null && strategy.getRollingUpdate() != null) {
            surge = requireNonNullElse(strategy.getRollingUpdate().getMaxSurge(), quarter);
            unavailable = requireNonNullElse(strategy.getRollingUpdate().getMaxUnavailable(), quarter);
        }
        int maxSurge = recreate ? 0 : resolve(surge, replicas, true);
        int maxUnavailable = recreate ? replicas : Math.min(replicas, resolve(unavailable, replicas, false));
        if (!recreate && maxSurge == 0 && maxUnavailable == 0) {
            maxUnavailable = 1; // both rounded to nothing would never move
        }
        return new Rollout(
                recreate,
                Boolean.TRUE.equals(spec.getPaused()),
                replicas,
                maxSurge,
                maxUnavailable,
                requireNonNullElse(spec.getMinReadySeconds(), 0),
                requireNonNullElse(spec.getProgressDeadlineSeconds(), DEFAULT_DEADLINE_SECONDS),
                requireNonNullElse(spec.getRevisionHistoryLimit(), DEFAULT_HISTORY));
    }

    /** A roll may have this many pods at most; none when none are wanted. */
    int maxPods() {
        return replicas == 0 ? 0 : replicas + maxSurge;
    }

    int minAvailable() {
        return Math.max(0, replicas - maxUnavailable);
    }

    private static int resolve(IntOrString value, int replicas, boolean up) {
        String text = value.getStrVal();
        if (text == null) {
            return intValue(value.getIntVal());
        }
        String digits = text.endsWith("%") ? text.substring(0, text.length() - 1) : text;
        long number = Long.parseLong(digits);
        if (!text.endsWith("%")) {
            return (int) number;
        }
        return (int) (up ? Math.ceilDiv(number * replicas, 100L) : Math.floorDiv(number * replicas, 100L));
    }

    private static int intValue(@Nullable Integer value) {
        return value == null ? 0 : value;
    }
}
