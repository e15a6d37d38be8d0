package dev.gantry.controlplane.controller.replicaset;

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
import dev.gantry.controlplane.controller.runtime.Times;
import dev.gantry.controlplane.resource.ClusterObjects;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Plans one ReplicaSet: adopts and releases pods by the selector, creates or deletes the difference, and counts. */
public final class ReplicaSetPlanner implements Planner<ObjectName> {
    // At most so many creations or deletions in one plan, as Kubernetes' burst.
    private static final int BURST = 500;

    @Override
    public String name() {
        return "replicaset-controller";
    }

    @Override
    public void subscribe(Subscriptions<ObjectName> subscriptions) {
        subscriptions.watch(REPLICA_SETS, (before, after) -> {
            ReplicaSet either = after == null ? before : after;
            if (either != null) {
                subscriptions.enqueue(ObjectName.of(either));
            }
        });
        subscriptions.watch(PODS, (before, after) -> {
            concerned(before, subscriptions);
            concerned(after, subscriptions);
        });
    }

    private static void concerned(@Nullable Pod pod, Subscriptions<ObjectName> subscriptions) {
        if (pod == null) {
            return;
        }
        String namespace = pod.getMetadata().getNamespace();
        Owners.controllerOf(pod)
                .ifPresentOrElse(
                        owner -> {
                            if (owner.getKind().equals("ReplicaSet")) {
                                subscriptions.enqueue(new ObjectName(namespace, owner.getName()));
                            }
                        },
                        () -> subscriptions.objects().list(REPLICA_SETS, namespace).stream()
                                .filter(set -> Selectors.matches(set.getSpec().getSelector(), pod))
                                .forEach(set -> subscriptions.enqueue(ObjectName.of(set))));
    }

    @Override
    public Plan plan(ObjectName key, ClusterObjects objects, Circumstances circumstances) {
        return objects.get(REPLICA_SETS, key.namespace(), key.name())
                .map(set -> plan(set, objects.list(PODS, key.namespace()), circumstances))
                .orElse(Plan.nothing());
    }

    /** @param inNamespace all pods of the namespace */
    static Plan plan(ReplicaSet set, List<Pod> inNamespace, Circumstances circumstances) {
        Plan.Builder plan = Plan.builder();
        List<Pod> active = new ArrayList<>();
        boolean deleting = set.getMetadata().getDeletionTimestamp() != null;
        for (Pod pod : inNamespace) {
            boolean matches = Selectors.matches(set.getSpec().getSelector(), pod);
            if (Owners.controls(set, pod)) {
                if (matches) {
                    active.add(pod);
                } else if (!Pods.isTerminating(pod)) {
                    Owners.release(set.getMetadata().getUid(), pod);
                    plan.add(new Action.Update<>(PODS, pod));
                }
            } else if (matches
                    && !deleting
                    && Pods.isActive(pod)
                    && Owners.controllerOf(pod).isEmpty()) {
                Owners.adopt(set, pod);
                plan.add(new Action.Update<>(PODS, pod));
                active.add(pod);
            }
        }
        active.removeIf(pod -> !Pods.isActive(pod));
        updateStatus(set, active, circumstances, plan);
        if (!deleting) {
            resize(set, active, plan);
        }
        return plan.build();
    }

    private static void resize(ReplicaSet set, List<Pod> active, Plan.Builder plan) {
        int missing = requireNonNullElse(set.getSpec().getReplicas(), 1) - active.size();
        if (missing > 0) {
            Pod pod = podOf(set);
            for (int i = 0; i < Math.min(missing, BURST); i++) {
                plan.add(new Action.Create<>(PODS, new PodBuilder(pod).build(), set));
            }
        } else if (missing < 0) {
            DeletionOrder.sort(active).stream()
                    .limit(Math.min(-missing, BURST))
                    .forEach(pod -> plan.add(Action.Delete.of(PODS, pod)));
        }
    }

    private static Pod podOf(ReplicaSet set) {
        var template = set.getSpec().getTemplate();
        Map<String, String> labels =
                template.getMetadata() == null ? null : template.getMetadata().getLabels();
        Map<String, String> annotations =
                template.getMetadata() == null ? null : template.getMetadata().getAnnotations();
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(set.getMetadata().getNamespace())
                .withGenerateName(set.getMetadata().getName() + "-")
                .withLabels(labels == null ? Map.of() : labels)
                .withAnnotations(annotations == null ? Map.of() : annotations)
                .withFinalizers(
                        template.getMetadata() == null || template.getMetadata().getFinalizers() == null
                                ? List.of()
                                : template.getMetadata().getFinalizers())
                .withOwnerReferences(Owners.controllerReference(set))
                .endMetadata()
                .withSpec(template.getSpec())
                .build();
    }

    private static void updateStatus(ReplicaSet set, List<Pod> active, Circumstances circumstances, Plan.Builder plan) {
        int minReadySeconds = requireNonNullElse(set.getSpec().getMinReadySeconds(), 0);
        Map<String, String> labels = set.getSpec().getTemplate().getMetadata() == null
                        || set.getSpec().getTemplate().getMetadata().getLabels() == null
                ? Map.of()
                : set.getSpec().getTemplate().getMetadata().getLabels();
        int fullyLabeled = 0;
        int ready = 0;
        int available = 0;
        for (Pod pod : active) {
            fullyLabeled += Selectors.labels(pod).entrySet().containsAll(labels.entrySet()) ? 1 : 0;
            ready += Pods.isReady(pod) ? 1 : 0;
            if (Pods.isAvailable(pod, minReadySeconds, circumstances.now())) {
                available++;
            } else if (Pods.isReady(pod)) {
                plan.lookAgainIn(Pods.untilAvailable(pod, minReadySeconds, circumstances.now()));
            }
        }
        ReplicaSetStatus status = new ReplicaSetStatusBuilder()
                .withObservedGeneration(set.getMetadata().getGeneration())
                .withReplicas(active.size())
                .withFullyLabeledReplicas(fullyLabeled)
                .withReadyReplicas(ready)
                .withAvailableReplicas(available)
                .withConditions(failure(set, circumstances))
                .build();
        if (!status.equals(set.getStatus())) {
            set.setStatus(status);
            plan.add(Action.UpdateStatus.of(REPLICA_SETS, set));
        }
    }

    /** The condition ReplicaFailure while the API refuses this ReplicaSet's pods. */
    private static List<ReplicaSetCondition> failure(ReplicaSet set, Circumstances circumstances) {
        String refusal = circumstances.lastRefusal();
        if (refusal == null) {
            return List.of();
        }
        List<ReplicaSetCondition> before =
                set.getStatus() == null || set.getStatus().getConditions() == null
                        ? List.of()
                        : set.getStatus().getConditions();
        String since = before.stream()
                .filter(condition -> condition.getType().equals("ReplicaFailure"))
                .map(ReplicaSetCondition::getLastTransitionTime)
                .findFirst()
                .orElse(Times.format(circumstances.now()));
        return List.of(new ReplicaSetConditionBuilder()
                .withType("ReplicaFailure")
                .withStatus("True")
                .withReason("FailedCreate")
                .withMessage(refusal)
                .withLastTransitionTime(since)
                .build());
    }
}
