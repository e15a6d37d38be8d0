package dev.gantry.controlplane.controller.deployment;

import static dev.gantry.controlplane.resource.Resources.DEPLOYMENTS;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.REPLICA_SETS;
import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.Owners;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.Selectors;
import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.resource.ClusterObjects;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Plans one Deployment, as Kubernetes' deployment controller does: adopt, size after a change of replicas, else one step of the roll, history, status. Each
 * plan is one step; the changes it causes bring the next.
 */
public final class DeploymentPlanner implements Planner<ObjectName> {
    @Override
    public String name() {
        return "deployment-controller";
    }

    @Override
    public void subscribe(Subscriptions<ObjectName> subscriptions) {
        subscriptions.watch(DEPLOYMENTS, (before, after) -> {
            Deployment either = after == null ? before : after;
            if (either != null) {
                subscriptions.enqueue(ObjectName.of(either));
            }
        });
        subscriptions.watch(REPLICA_SETS, (before, after) -> {
            concerned(before, subscriptions);
            concerned(after, subscriptions);
        });
        subscriptions.watch(PODS, (before, after) -> {
            if (after == null && before != null) {
                podGone(before, subscriptions);
            }
        });
    }

    private static void concerned(@Nullable ReplicaSet set, Subscriptions<ObjectName> subscriptions) {
        if (set == null) {
            return;
        }
        String namespace = set.getMetadata().getNamespace();
        Owners.controllerOf(set)
                .ifPresentOrElse(
                        owner -> subscriptions.enqueue(new ObjectName(namespace, owner.getName())),
                        () -> subscriptions.objects().list(DEPLOYMENTS, namespace).stream()
                                .filter(deployment ->
                                        Selectors.matches(deployment.getSpec().getSelector(), set))
                                .forEach(deployment -> subscriptions.enqueue(ObjectName.of(deployment))));
    }

    /** A Recreate waits for the last old pod, whose ReplicaSet is named after the Deployment and the hash that the pod carries. */
    private static void podGone(Pod pod, Subscriptions<ObjectName> subscriptions) {
        String hash = Selectors.labels(pod).getOrDefault(PodTemplates.HASH_LABEL, "");
        Owners.controllerOf(pod)
                .filter(owner -> !hash.isEmpty() && owner.getName().endsWith("-" + hash))
                .ifPresent(owner -> subscriptions.enqueue(new ObjectName(
                        pod.getMetadata().getNamespace(),
                        owner.getName().substring(0, owner.getName().length() - hash.length() - 1))));
    }

    @Override
    public Plan plan(ObjectName key, ClusterObjects objects, Circumstances circumstances) {
        Optional<Deployment> found = objects.get(DEPLOYMENTS, key.namespace(), key.name());
        if (found.isEmpty()) {
            return Plan.nothing();
        }
        Rollout rollout = Rollout.of(found.get());
        List<Pod> pods = rollout.recreate() ? objects.list(PODS, key.namespace()) : List.of();
        return plan(found.get(), objects.list(REPLICA_SETS, key.namespace()), pods, circumstances.now());
    }

    /**
     * @param inNamespace all ReplicaSets of the namespace
     * @param pods all pods of the namespace; looked at for Recreate only
     */
    static Plan plan(Deployment deployment, List<ReplicaSet> inNamespace, List<Pod> pods, Instant now) {
        Plan.Builder plan = Plan.builder();
        DeploymentStatus stored = deployment.getStatus();
        List<ReplicaSet> owned = claim(deployment, inNamespace, plan);
        if (!plan.isEmpty()) {
            return plan.build();
        }
        Rollout rollout = Rollout.of(deployment);
        ReplicaSets sets = new ReplicaSets(deployment, rollout, owned, plan);
        if (deployment.getMetadata().getDeletionTimestamp() != null) {
            return finish(deployment, stored, rollout, sets, null, now, plan);
        }
        long revision = owned.stream()
                        .filter(set ->
                                sets.current().filter(current -> current == set).isEmpty())
                        .mapToLong(Revisions::of)
                        .max()
                        .orElse(0)
                + 1;
        sets.current().ifPresent(current -> refresh(deployment, rollout, current, revision, sets));
        Scaling scaling = new Scaling(rollout, sets);
        String created = null;
        if (rollout.paused() || scaling.due()) {
            scaling.scale();
        } else if (rollout.recreate()) {
            created = recreate(deployment, rollout, sets, pods, revision, inNamespace, plan);
        } else if (sets.current().isPresent()) {
            new RollingUpdate(rollout, sets).step(sets.current().get());
        } else {
            int size = new RollingUpdate(rollout, sets).initialSize();
            created = create(deployment, rollout, size, revision, inNamespace, plan);
        }
        sets.write();
        return finish(deployment, stored, rollout, sets, created, now, plan);
    }

    private static List<ReplicaSet> claim(Deployment deployment, List<ReplicaSet> inNamespace, Plan.Builder plan) {
        List<ReplicaSet> owned = new ArrayList<>();
        for (ReplicaSet set : inNamespace) {
            boolean matches = Selectors.matches(deployment.getSpec().getSelector(), set);
            if (Owners.controls(deployment, set)) {
                if (matches) {
                    owned.add(set);
                } else {
                    Owners.release(deployment.getMetadata().getUid(), set);
                    plan.add(new Action.Update<>(REPLICA_SETS, set));
                }
            } else if (matches
                    && Owners.controllerOf(set).isEmpty()
                    && set.getMetadata().getDeletionTimestamp() == null
                    && deployment.getMetadata().getDeletionTimestamp() == null) {
                Owners.adopt(deployment, set);
                plan.add(new Action.Update<>(REPLICA_SETS, set));
            }
        }
        return owned;
    }

    /** What the current ReplicaSet takes over from its Deployment besides the size. */
    private static void refresh(
            Deployment deployment, Rollout rollout, ReplicaSet current, long revision, ReplicaSets sets) {
        boolean changed = Revisions.copy(deployment, current);
        changed |= Revisions.raise(current, revision);
        if (requireNonNullElse(current.getSpec().getMinReadySeconds(), 0) != rollout.minReadySeconds()) {
            current.getSpec().setMinReadySeconds(rollout.minReadySeconds());
            changed = true;
        }
        if (changed) {
            sets.changed(current);
        }
    }

    private static @Nullable String recreate(
            Deployment deployment,
            Rollout rollout,
            ReplicaSets sets,
            List<Pod> pods,
            long revision,
            List<ReplicaSet> inNamespace,
            Plan.Builder plan) {
        boolean shrank = false;
        for (ReplicaSet old : sets.old()) {
            shrank |= sets.resize(old, 0);
        }
        Set<String> oldUids =
                sets.old().stream().map(set -> set.getMetadata().getUid()).collect(Collectors.toSet());
        boolean oldPodsLeft = pods.stream()
                .anyMatch(pod -> !Pods.isTerminal(pod)
                        && Owners.controllerOf(pod)
                                .filter(owner -> oldUids.contains(owner.getUid()))
                                .isPresent());
        if (shrank || oldPodsLeft) {
            return null;
        }
        if (sets.current().isPresent()) {
            sets.resize(sets.current().get(), rollout.replicas());
            return null;
        }
        return create(deployment, rollout, rollout.replicas(), revision, inNamespace, plan);
    }

    /** @return the new ReplicaSet's name; null when another has it, which the next plan avoids by another hash */
    private static @Nullable String create(
            Deployment deployment,
            Rollout rollout,
            int size,
            long revision,
            List<ReplicaSet> inNamespace,
            Plan.Builder plan) {
        DeploymentStatus status = Progress.statusOf(deployment);
        int collisions = requireNonNullElse(status.getCollisionCount(), 0);
        String hash = PodTemplates.hash(deployment.getSpec().getTemplate(), collisions);
        String name = deployment.getMetadata().getName() + "-" + hash;
        if (inNamespace.stream().anyMatch(set -> set.getMetadata().getName().equals(name))) {
            deployment.setStatus(new DeploymentStatusBuilder(status)
                    .withCollisionCount(collisions + 1)
                    .build());
            return null;
        }
        ReplicaSet set = replicaSet(deployment, rollout, name, hash, size);
        Revisions.copy(deployment, set);
        Revisions.raise(set, revision);
        Revisions.annotate(set, Revisions.sizes(rollout));
        plan.add(new Action.Create<>(REPLICA_SETS, set, deployment));
        if (size > 0) {
            plan.add(new Action.Report(
                    deployment,
                    Severity.NORMAL,
                    "ScalingReplicaSet",
                    "Scaled up replica set %s from 0 to %d".formatted(name, size)));
        }
        return name;
    }

    private static ReplicaSet replicaSet(Deployment deployment, Rollout rollout, String name, String hash, int size) {
        Map<String, String> hashLabel = Map.of(PodTemplates.HASH_LABEL, hash);
        Map<String, String> labels = new HashMap<>(hashLabel);
        if (deployment.getSpec().getTemplate().getMetadata() != null
                && deployment.getSpec().getTemplate().getMetadata().getLabels() != null) {
            labels.putAll(deployment.getSpec().getTemplate().getMetadata().getLabels());
        }
        labels.putAll(hashLabel);
        return new ReplicaSetBuilder()
                .withNewMetadata()
                .withNamespace(deployment.getMetadata().getNamespace())
                .withName(name)
                .withLabels(labels)
                .withOwnerReferences(Owners.controllerReference(deployment))
                .endMetadata()
                .withNewSpec()
                .withReplicas(size)
                .withMinReadySeconds(rollout.minReadySeconds())
                .withNewSelectorLike(deployment.getSpec().getSelector())
                .addToMatchLabels(hashLabel)
                .endSelector()
                .withNewTemplateLike(deployment.getSpec().getTemplate())
                .editOrNewMetadata()
                .addToLabels(hashLabel)
                .endMetadata()
                .endTemplate()
                .endSpec()
                .build();
    }

    /** History, the Deployment's own revision, and the status; the last two never in one plan, since both change the version that they compare with. */
    private static Plan finish(
            Deployment deployment,
            @Nullable DeploymentStatus stored,
            Rollout rollout,
            ReplicaSets sets,
            @Nullable String created,
            Instant now,
            Plan.Builder plan) {
        DeploymentStatus status = new Progress(deployment, rollout, sets, now).status(created);
        boolean complete = sets.current().isPresent()
                && sets.total() == ReplicaSets.size(sets.current().get())
                && status.getReplicas().equals(status.getUpdatedReplicas());
        if (complete && deployment.getMetadata().getDeletionTimestamp() == null) {
            forgetHistory(rollout, sets, plan);
        }
        long revision = sets.current().map(Revisions::of).orElse(0L);
        if (revision > 0
                && deployment.getMetadata().getDeletionTimestamp() == null
                && Revisions.annotate(deployment, Map.of(Revisions.REVISION, Long.toString(revision)))) {
            return plan.add(new Action.Update<>(DEPLOYMENTS, deployment)).build();
        }
        if (!status.equals(stored)) {
            deployment.setStatus(status);
            plan.add(Action.UpdateStatus.of(DEPLOYMENTS, deployment));
        }
        Progress.untilDeadline(status, rollout, now).ifPresent(plan::lookAgainIn);
        return plan.build();
    }

    private static void forgetHistory(Rollout rollout, ReplicaSets sets, Plan.Builder plan) {
        List<ReplicaSet> empty = sets.old().stream()
                .filter(set -> ReplicaSets.size(set) == 0
                        && ReplicaSets.observed(set) == 0
                        && set.getMetadata().getDeletionTimestamp() == null)
                .sorted((a, b) -> Long.compare(Revisions.of(a), Revisions.of(b)))
                .toList();
        empty.stream()
                .limit(Math.max(0, empty.size() - rollout.revisionHistoryLimit()))
                .forEach(set -> plan.add(Action.Delete.of(REPLICA_SETS, set)));
    }
}
