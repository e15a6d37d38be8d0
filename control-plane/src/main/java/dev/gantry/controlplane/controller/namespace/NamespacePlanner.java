package dev.gantry.controlplane.controller.namespace;

import static dev.gantry.controlplane.resource.Resources.NAMESPACES;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.Times;
import dev.gantry.controlplane.controller.runtime.WatchedKind;
import dev.gantry.controlplane.controller.runtime.WatchedKinds;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.TypedResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceCondition;
import io.fabric8.kubernetes.api.model.NamespaceConditionBuilder;
import io.fabric8.kubernetes.api.model.NamespaceStatus;
import io.fabric8.kubernetes.api.model.NamespaceStatusBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Deletes the contents of a namespace that is being deleted, of every namespaced kind in the table, then takes the finalizer {@code kubernetes} away. What
 * remains is said in the condition NamespaceContentRemaining. The key is the namespace.
 */
public final class NamespacePlanner implements Planner<String> {
    private static final String FINALIZER = "kubernetes";
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final WatchedKinds kinds;

    public NamespacePlanner(WatchedKinds kinds) {
        this.kinds = requireNonNull(kinds, "kinds is null");
    }

    @Override
    public String name() {
        return "namespace-controller";
    }

    @Override
    public void subscribe(Subscriptions<String> subscriptions) {
        subscriptions.watch(NAMESPACES, (_, after) -> {
            if (after != null && after.getMetadata().getDeletionTimestamp() != null) {
                subscriptions.enqueue(after.getMetadata().getName());
            }
        });
    }

    @Override
    public Plan plan(String name, ClusterObjects objects, Circumstances circumstances) {
        return objects.get(NAMESPACES, null, name)
                .filter(namespace -> namespace.getMetadata().getDeletionTimestamp() != null)
                .map(namespace -> plan(namespace, objects, circumstances.now()))
                .orElse(Plan.nothing());
    }

    private Plan plan(Namespace namespace, ClusterObjects objects, Instant now) {
        Plan.Builder plan = Plan.builder();
        Map<String, Integer> remaining = new TreeMap<>();
        for (WatchedKind kind : kinds.all()) {
            if (kind.namespaced()) {
                int left = delete(kind.resource(), namespace.getMetadata().getName(), objects, plan);
                if (left > 0) {
                    remaining.put(kind.resource().plural(), left);
                }
            }
        }
        if (!remaining.isEmpty()) {
            say(namespace, remaining, now, plan);
            return plan.lookAgainIn(LOOK_AGAIN).build();
        }
        List<String> finalizers =
                namespace.getSpec() == null || namespace.getSpec().getFinalizers() == null
                        ? List.of()
                        : namespace.getSpec().getFinalizers();
        if (finalizers.contains(FINALIZER)) {
            List<String> others = new ArrayList<>(finalizers);
            others.remove(FINALIZER);
            namespace.getSpec().setFinalizers(others);
            plan.add(new Action.Update<>(NAMESPACES, namespace));
        } else if (finalizers.isEmpty()) {
            plan.add(Action.Delete.of(NAMESPACES, namespace));
        }
        return plan.build();
    }

    private static <T extends HasMetadata> int delete(
            TypedResource<T> resource, String namespace, ClusterObjects objects, Plan.Builder plan) {
        List<T> contents = objects.list(resource, namespace);
        contents.stream()
                .filter(object -> object.getMetadata().getDeletionTimestamp() == null)
                .forEach(object -> plan.add(Action.Delete.of(resource, object)));
        return contents.size();
    }

    private static void say(Namespace namespace, Map<String, Integer> remaining, Instant now, Plan.Builder plan) {
        String message = remaining.entrySet().stream()
                .map(entry -> "%s. has %d resource instances".formatted(entry.getKey(), entry.getValue()))
                .collect(joining(", ", "Some resources are remaining: ", ""));
        NamespaceStatus before = namespace.getStatus() == null ? new NamespaceStatus() : namespace.getStatus();
        List<NamespaceCondition> conditions =
                new ArrayList<>(before.getConditions() == null ? List.of() : before.getConditions());
        boolean said = "Terminating".equals(before.getPhase())
                && conditions.stream().anyMatch(condition -> message.equals(condition.getMessage()));
        if (said) {
            return;
        }
        conditions.removeIf(condition -> condition.getType().equals("NamespaceContentRemaining"));
        conditions.add(new NamespaceConditionBuilder()
                .withType("NamespaceContentRemaining")
                .withStatus("True")
                .withReason("SomeResourcesRemain")
                .withMessage(message)
                .withLastTransitionTime(Times.format(now))
                .build());
        namespace.setStatus(new NamespaceStatusBuilder(before)
                .withPhase("Terminating")
                .withConditions(conditions)
                .build());
        plan.add(Action.UpdateStatus.of(NAMESPACES, namespace));
    }
}
