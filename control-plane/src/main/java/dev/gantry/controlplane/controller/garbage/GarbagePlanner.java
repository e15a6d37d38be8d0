package dev.gantry.controlplane.controller.garbage;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.Owners;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.WatchedKind;
import dev.gantry.controlplane.controller.runtime.WatchedKinds;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.TypedResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Deletes objects whose owners are all gone, and carries out foreground and orphan deletion, as Kubernetes' page "Garbage Collection" has it. An owner is
 * meant by its uid. A reference to a kind that is not served, or out of a cluster-scoped object into a namespace, never causes a deletion.
 */
public final class GarbagePlanner implements Planner<Candidate> {
    private static final String FOREGROUND = "foregroundDeletion";
    private static final String ORPHAN = "orphan";
    private static final Duration LOOK_FOR_KINDS = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final WatchedKinds kinds;
    private final Dependents dependents = new Dependents();
    private final Set<TypedResource<?>> watched = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Subscriptions<Candidate> subscriptions;

    public GarbagePlanner(WatchedKinds kinds) {
        this.kinds = requireNonNull(kinds, "kinds is null");
    }

    @Override
    public String name() {
        return "garbage-collector";
    }

    @Override
    public void subscribe(Subscriptions<Candidate> begun) {
        dependents.clear();
        watched.clear();
        subscriptions = begun;
        watchNewKinds(begun);
        begun.enqueueAfter(new Candidate.TableOfKinds(), LOOK_FOR_KINDS);
    }

    private void watchNewKinds(Subscriptions<Candidate> begun) {
        for (WatchedKind kind : kinds.all()) {
            if (watched.add(kind.resource())) {
                watch(kind, kind.resource(), begun);
            }
        }
    }

    private <T extends HasMetadata> void watch(
            WatchedKind kind, TypedResource<T> resource, Subscriptions<Candidate> begun) {
        begun.watch(resource, (before, after) -> {
            HasMetadata either = after == null ? requireNonNull(before) : after;
            Candidate.Named named = new Candidate.Named(kind, ObjectName.of(either));
            dependents.changed(named, before, after);
            if (after == null) {
                dependents.of(either.getMetadata().getUid()).forEach(begun::enqueue);
                wakeOwners(either, begun);
                return;
            }
            if (!Owners.references(after).isEmpty() || waitsForDependents(after)) {
                begun.enqueue(named);
            }
            if (waitsForDependents(after)) {
                dependents.of(after.getMetadata().getUid()).forEach(begun::enqueue);
            }
            if (before != null && !Owners.references(before).equals(Owners.references(after))) {
                wakeOwners(before, begun);
            }
        });
    }

    /** An owner that waits for its dependents may have one fewer. */
    private void wakeOwners(HasMetadata dependent, Subscriptions<Candidate> begun) {
        for (OwnerReference reference : Owners.references(dependent)) {
            kindOf(reference)
                    .ifPresent(kind -> begun.enqueue(new Candidate.Named(kind, ownerName(kind, reference, dependent))));
        }
    }

    private static boolean waitsForDependents(HasMetadata object) {
        return object.getMetadata().getDeletionTimestamp() != null
                && (finalizers(object).contains(FOREGROUND)
                        || finalizers(object).contains(ORPHAN));
    }

    private static List<String> finalizers(HasMetadata object) {
        List<String> finalizers = object.getMetadata().getFinalizers();
        return finalizers == null ? List.of() : finalizers;
    }

    @Override
    public Plan plan(Candidate candidate, ClusterObjects objects, Circumstances circumstances) {
        return switch (candidate) {
            case Candidate.TableOfKinds _ -> {
                Subscriptions<Candidate> begun = subscriptions;
                if (begun != null) {
                    watchNewKinds(begun);
                }
                yield Plan.after(LOOK_FOR_KINDS);
            }
            case Candidate.Named named -> plan(named.kind().resource(), named, objects);
        };
    }

    private <T extends HasMetadata> Plan plan(
            TypedResource<T> resource, Candidate.Named named, ClusterObjects objects) {
        T object = objects.get(
                        resource, named.object().namespace(), named.object().name())
                .orElse(null);
        if (object == null) {
            return Plan.nothing();
        }
        if (object.getMetadata().getDeletionTimestamp() == null) {
            return collect(resource, object, objects);
        }
        if (finalizers(object).contains(ORPHAN)) {
            return orphan(resource, object, objects);
        }
        return finalizers(object).contains(FOREGROUND) ? foreground(resource, object, objects) : Plan.nothing();
    }

    private <T extends HasMetadata> Plan collect(TypedResource<T> resource, T object, ClusterObjects objects) {
        Set<String> useless = new HashSet<>();
        boolean held = false;
        for (OwnerReference reference : Owners.references(object)) {
            if (holds(reference, object, objects)) {
                held = true;
            } else {
                useless.add(reference.getUid());
            }
        }
        if (useless.isEmpty()) {
            return Plan.nothing();
        }
        if (held) {
            useless.forEach(uid -> Owners.release(uid, object));
            return Plan.of(new Action.Update<>(resource, object));
        }
        return Plan.of(delete(resource, object, propagation(object, objects)));
    }

    /**
     * How an object without owners that stay goes: as its finalizers ask, and in the foreground when an owner waits for it and it has dependents of its
     * own, which the owner waits for, too.
     */
    private String propagation(HasMetadata object, ClusterObjects objects) {
        if (finalizers(object).contains(ORPHAN)) {
            return "Orphan";
        }
        boolean ownerWaits = Owners.references(object).stream()
                .anyMatch(reference -> owner(reference, object, objects)
                        .filter(GarbagePlanner::isForeground)
                        .isPresent());
        boolean foreground = finalizers(object).contains(FOREGROUND) || (ownerWaits && hasDependents(object, objects));
        return foreground ? "Foreground" : "Background";
    }

    /** Whether the owner is there and means to stay. */
    private boolean holds(OwnerReference reference, HasMetadata dependent, ClusterObjects objects) {
        Optional<WatchedKind> kind = kindOf(reference);
        if (kind.isEmpty()
                || (kind.get().namespaced() && dependent.getMetadata().getNamespace() == null)) {
            return true;
        }
        return owner(reference, dependent, objects)
                .filter(owner -> !isForeground(owner))
                .isPresent();
    }

    /** The very object that is meant; empty also when its kind is not served. */
    private Optional<HasMetadata> owner(OwnerReference reference, HasMetadata dependent, ClusterObjects objects) {
        return kindOf(reference).flatMap(kind -> {
            ObjectName name = ownerName(kind, reference, dependent);
            return objects.get(kind.resource(), name.namespace(), name.name())
                    .filter(owner -> owner.getMetadata().getUid().equals(reference.getUid()))
                    .map(HasMetadata.class::cast);
        });
    }

    /** Whether it goes once its dependents have. */
    private static boolean isForeground(HasMetadata owner) {
        return owner.getMetadata().getDeletionTimestamp() != null
                && finalizers(owner).contains(FOREGROUND);
    }

    private Plan foreground(TypedResource<? extends HasMetadata> resource, HasMetadata owner, ClusterObjects objects) {
        Plan.Builder plan = Plan.builder();
        boolean blocked = false;
        for (WatchedKind kind : kinds.all()) {
            blocked |= deleteDependents(kind.resource(), owner, objects, plan);
        }
        if (blocked) {
            return plan.lookAgainIn(LOOK_AGAIN).build();
        }
        return plan.add(without(resource, owner, FOREGROUND)).build();
    }

    /** @return whether one that blocks the owner's deletion is left */
    private <T extends HasMetadata> boolean deleteDependents(
            TypedResource<T> resource, HasMetadata owner, ClusterObjects objects, Plan.Builder plan) {
        boolean blocked = false;
        for (T dependent : dependentsOf(owner, resource, objects)) {
            blocked |= Owners.references(dependent).stream()
                    .anyMatch(reference ->
                            reference.getUid().equals(owner.getMetadata().getUid())
                                    && Boolean.TRUE.equals(reference.getBlockOwnerDeletion()));
            boolean stays =
                    Owners.references(dependent).stream().anyMatch(reference -> holds(reference, dependent, objects));
            if (dependent.getMetadata().getDeletionTimestamp() == null && !stays) {
                plan.add(delete(resource, dependent, propagation(dependent, objects)));
            }
        }
        return blocked;
    }

    private Plan orphan(TypedResource<? extends HasMetadata> resource, HasMetadata owner, ClusterObjects objects) {
        Plan.Builder plan = Plan.builder();
        for (WatchedKind kind : kinds.all()) {
            release(kind.resource(), owner, objects, plan);
        }
        // In order: the finalizer goes only after every dependent was let go.
        return plan.add(without(resource, owner, ORPHAN)).build();
    }

    private static <T extends HasMetadata> void release(
            TypedResource<T> resource, HasMetadata owner, ClusterObjects objects, Plan.Builder plan) {
        for (T dependent : dependentsOf(owner, resource, objects)) {
            Owners.release(owner.getMetadata().getUid(), dependent);
            plan.add(new Action.Update<>(resource, dependent));
        }
    }

    private boolean hasDependents(HasMetadata owner, ClusterObjects objects) {
        return kinds.all().stream()
                .anyMatch(kind -> !dependentsOf(owner, kind.resource(), objects).isEmpty());
    }

    /** Reads them all instead of trusting the index: a dependent that were missed here would be deleted, or outlive its owner. */
    private static <T extends HasMetadata> List<T> dependentsOf(
            HasMetadata owner, TypedResource<T> resource, ClusterObjects objects) {
        return objects.list(resource, owner.getMetadata().getNamespace()).stream()
                .filter(object -> Owners.references(object).stream()
                        .anyMatch(reference ->
                                reference.getUid().equals(owner.getMetadata().getUid())))
                .toList();
    }

    private static <T extends HasMetadata> Action delete(TypedResource<T> resource, T object, String propagation) {
        return new Action.Delete<>(
                resource,
                ObjectName.of(object),
                new DeleteOptions(object.getMetadata().getUid(), null, propagation));
    }

    private static <T extends HasMetadata> Action without(
            TypedResource<T> resource, HasMetadata object, String finalizer) {
        T typed = resource.type().cast(object);
        List<String> finalizers = new ArrayList<>(finalizers(typed));
        finalizers.remove(finalizer);
        typed.getMetadata().setFinalizers(finalizers);
        return new Action.Update<>(resource, typed);
    }

    private Optional<WatchedKind> kindOf(OwnerReference reference) {
        String apiVersion = reference.getApiVersion();
        String group = apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
        return kinds.all().stream()
                .filter(kind -> kind.kind().equals(reference.getKind())
                        && kind.resource().group().equals(group))
                .findFirst();
    }

    private static ObjectName ownerName(WatchedKind kind, OwnerReference reference, HasMetadata dependent) {
        return new ObjectName(kind.namespaced() ? dependent.getMetadata().getNamespace() : null, reference.getName());
    }
}
