package dev.gantry.controlplane.controller.deployment;

import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.controller.runtime.Times;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A Deployment's status with Kubernetes' conditions and reasons, which {@code kubectl rollout status} and {@code kubectl wait} read. */
final class Progress {
    private final Deployment deployment;
    private final Rollout rollout;
    private final ReplicaSets sets;
    private final Instant now;

    Progress(Deployment deployment, Rollout rollout, ReplicaSets sets, Instant now) {
        this.deployment = deployment;
        this.rollout = rollout;
        this.sets = sets;
        this.now = now;
    }

    static DeploymentStatus statusOf(Deployment deployment) {
        return deployment.getStatus() == null ? new DeploymentStatus() : deployment.getStatus();
    }

    /** @param createdName the ReplicaSet that this very plan creates; null for none */
    DeploymentStatus status(@Nullable String createdName) {
        DeploymentStatus before = statusOf(deployment);
        int total = sets.all().stream().mapToInt(ReplicaSets::observed).sum();
        int available = sum(ReplicaSetStatus::getAvailableReplicas);
        DeploymentStatus status = new DeploymentStatusBuilder()
                .withObservedGeneration(deployment.getMetadata().getGeneration())
                .withCollisionCount(before.getCollisionCount())
                .withReplicas(total)
                .withUpdatedReplicas(sets.current().map(ReplicaSets::observed).orElse(0))
                .withReadyReplicas(sum(ReplicaSetStatus::getReadyReplicas))
                .withAvailableReplicas(available)
                .withUnavailableReplicas(Math.max(0, Math.max(rollout.replicas(), total) - available))
                .build();
        List<DeploymentCondition> conditions = new ArrayList<>();
        conditions.add(
                available >= rollout.minAvailable()
                        ? condition(
                                "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
                        : condition(
                                "Available",
                                "False",
                                "MinimumReplicasUnavailable",
                                "Deployment does not have minimum availability."));
        progressing(before, status, createdName).ifPresent(conditions::add);
        replicaFailure().ifPresent(conditions::add);
        status.setConditions(conditions);
        return status;
    }

    private int sum(Function<ReplicaSetStatus, @Nullable Integer> count) {
        int sum = 0;
        for (ReplicaSet set : sets.all()) {
            if (set.getStatus() != null) {
                sum += count(count.apply(set.getStatus()));
            }
        }
        return sum;
    }

    private Optional<DeploymentCondition> progressing(
            DeploymentStatus before, DeploymentStatus status, @Nullable String createdName) {
        DeploymentCondition last = find("Progressing").orElse(null);
        String reason = last == null ? "" : requireNonNullElse(last.getReason(), "");
        String subject = sets.current()
                .map(set -> "ReplicaSet \"" + set.getMetadata().getName() + "\"")
                .orElse("Deployment \"" + deployment.getMetadata().getName() + "\"");
        if (rollout.paused() && !reason.equals("ProgressDeadlineExceeded")) {
            return Optional.of(condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused"));
        }
        if (rollout.paused()) {
            return Optional.ofNullable(last); // that a roll is stuck is worth more than that somebody stopped it then
        }
        if (createdName != null) {
            return Optional.of(refreshed("NewReplicaSetCreated", "Created new replica set \"" + createdName + "\""));
        }
        if (complete(status)) {
            return Optional.of(condition(
                    "Progressing", "True", "NewReplicaSetAvailable", subject + " has successfully progressed."));
        }
        // A finished roll whose pods come and go is no roll: only a new template or size starts one.
        if (reason.equals("NewReplicaSetAvailable") && status.getReplicas().equals(status.getUpdatedReplicas())) {
            return Optional.ofNullable(last);
        }
        if (reason.equals("DeploymentPaused")) {
            return Optional.of(refreshedAs("Unknown", "DeploymentResumed", "Deployment is resumed"));
        }
        // the deadline of a roll back to an earlier template counts from now, not from the roll that ended long ago
        if ((last == null || reason.equals("NewReplicaSetAvailable"))
                && sets.current().isPresent()) {
            return Optional.of(refreshed(
                    "FoundNewReplicaSet",
                    "Found new replica set \""
                            + sets.current().get().getMetadata().getName() + "\""));
        }
        if (advanced(before, status)) {
            return Optional.of(refreshed("ReplicaSetUpdated", subject + " is progressing."));
        }
        if (last != null && overdue(last, reason)) {
            return Optional.of(condition(
                    "Progressing", "False", "ProgressDeadlineExceeded", subject + " has timed out progressing."));
        }
        return Optional.ofNullable(last);
    }

    private boolean complete(DeploymentStatus status) {
        return sets.current().isPresent()
                && status.getUpdatedReplicas() == rollout.replicas()
                && status.getReplicas() == rollout.replicas()
                && status.getAvailableReplicas() == rollout.replicas();
    }

    private static boolean advanced(DeploymentStatus before, DeploymentStatus now) {
        int oldBefore = count(before.getReplicas()) - count(before.getUpdatedReplicas());
        int oldNow = count(now.getReplicas()) - count(now.getUpdatedReplicas());
        return count(now.getUpdatedReplicas()) > count(before.getUpdatedReplicas())
                || oldNow < oldBefore
                || count(now.getReadyReplicas()) > count(before.getReadyReplicas())
                || count(now.getAvailableReplicas()) > count(before.getAvailableReplicas());
    }

    private static int count(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    private boolean overdue(DeploymentCondition last, String reason) {
        return reason.equals("ProgressDeadlineExceeded")
                || !reason.equals("NewReplicaSetAvailable")
                        && !untilDeadline(last).isPositive();
    }

    private Duration untilDeadline(DeploymentCondition last) {
        Instant since = Times.parse(last.getLastUpdateTime(), now);
        return Duration.between(now, since.plusSeconds(rollout.progressDeadlineSeconds()));
    }

    /** When a roll without progress must be looked at again; empty when none is under way. */
    static Optional<Duration> untilDeadline(DeploymentStatus status, Rollout rollout, Instant now) {
        if (rollout.paused() || status.getConditions() == null) {
            return Optional.empty();
        }
        return status.getConditions().stream()
                .filter(condition -> condition.getType().equals("Progressing")
                        && !"NewReplicaSetAvailable".equals(condition.getReason())
                        && !"ProgressDeadlineExceeded".equals(condition.getReason()))
                .map(condition -> Duration.between(
                        now,
                        Times.parse(condition.getLastUpdateTime(), now).plusSeconds(rollout.progressDeadlineSeconds())))
                .map(left -> left.isNegative() ? Duration.ZERO : left.plusSeconds(1))
                .findFirst();
    }

    private Optional<DeploymentCondition> replicaFailure() {
        return sets.current()
                .flatMap(set -> set.getStatus() == null || set.getStatus().getConditions() == null
                        ? Optional.empty()
                        : set.getStatus().getConditions().stream()
                                .filter(condition -> condition.getType().equals("ReplicaFailure"))
                                .findFirst())
                .map(failure ->
                        condition("ReplicaFailure", failure.getStatus(), failure.getReason(), failure.getMessage()));
    }

    private DeploymentCondition refreshed(String reason, String message) {
        return refreshedAs("True", reason, message);
    }

    /** The same as before counts as news: the deadline starts anew. */
    private DeploymentCondition refreshedAs(String value, String reason, String message) {
        return new DeploymentConditionBuilder(condition("Progressing", value, reason, message))
                .withLastUpdateTime(Times.format(now))
                .build();
    }

    /** Keeps the times of a condition that says the same as before. */
    private DeploymentCondition condition(String type, String value, String reason, String message) {
        DeploymentCondition before = find(type).orElse(null);
        String time = Times.format(now);
        String transition = time;
        String update = time;
        if (before != null && value.equals(before.getStatus())) {
            transition = before.getLastTransitionTime();
            update = reason.equals(before.getReason()) ? before.getLastUpdateTime() : time;
        }
        return new DeploymentConditionBuilder()
                .withType(type)
                .withStatus(value)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(transition)
                .withLastUpdateTime(update)
                .build();
    }

    private Optional<DeploymentCondition> find(String type) {
        List<DeploymentCondition> conditions = statusOf(deployment).getConditions();
        return conditions == null
                ? Optional.empty()
                : conditions.stream()
                        .filter(condition -> condition.getType().equals(type))
                        .findFirst();
    }
}
