package dev.gantry.controlplane.controller.nodelife;

import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.controller.runtime.Times;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** How long a pod may stay on a node with NoExecute taints, as Kubernetes' page "Taints and Tolerations" has it. */
final class Tolerance {
    static final String NOT_READY = "node.kubernetes.io/not-ready";
    static final String UNREACHABLE = "node.kubernetes.io/unreachable";

    private final Duration evictAfter;

    /** @param evictAfter what a pod gets for {@link #NOT_READY} and {@link #UNREACHABLE} that names no time itself */
    Tolerance(Duration evictAfter) {
        this.evictAfter = evictAfter;
    }

    /**
     * When the pod must go; empty for never.
     *
     * @param clocksFrom no time before this counts
     */
    Optional<Instant> until(Pod pod, List<Taint> taints, Instant clocksFrom) {
        return taints.stream()
                .filter(taint -> "NoExecute".equals(taint.getEffect()))
                .flatMap(taint -> tolerated(pod, taint).stream().map(time -> {
                    Instant added = Times.parse(taint.getTimeAdded(), clocksFrom);
                    return (added.isBefore(clocksFrom) ? clocksFrom : added).plus(time);
                }))
                .min(Instant::compareTo);
    }

    /** Empty for ever. */
    private Optional<Duration> tolerated(Pod pod, Taint taint) {
        List<Toleration> all = pod.getSpec().getTolerations() == null
                ? List.of()
                : pod.getSpec().getTolerations();
        List<Toleration> matching =
                all.stream().filter(toleration -> matches(toleration, taint)).toList();
        if (matching.isEmpty()) {
            return Optional.of(isOurs(taint) ? evictAfter : Duration.ZERO);
        }
        return matching.stream()
                .filter(toleration -> toleration.getTolerationSeconds() != null)
                .map(toleration -> Duration.ofSeconds(Math.max(0, toleration.getTolerationSeconds())))
                .min(Duration::compareTo);
    }

    static boolean isOurs(Taint taint) {
        return taint.getKey().equals(NOT_READY) || taint.getKey().equals(UNREACHABLE);
    }

    private static boolean matches(Toleration toleration, Taint taint) {
        String effect = requireNonNullElse(toleration.getEffect(), "");
        String key = requireNonNullElse(toleration.getKey(), "");
        boolean exists = "Exists".equals(toleration.getOperator());
        return (effect.isEmpty() || effect.equals(taint.getEffect()))
                && (key.isEmpty() ? exists : key.equals(taint.getKey()))
                && (exists
                        || requireNonNullElse(toleration.getValue(), "")
                                .equals(requireNonNullElse(taint.getValue(), "")));
    }
}
