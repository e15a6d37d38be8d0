package dev.gantry.controlplane.controller.runtime;

import static dev.gantry.controlplane.resource.Resources.PODS;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.TypedResource;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.StoreException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's objects in a map, with the API's rules that controllers rely on: names and uids, compare-and-set, generations, finalizers, grace. Can lag,
 * refuse, and belong to a later epoch. Not safe for use by many threads.
 */
public final class InMemoryObjects implements ClusterObjects {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Comparator<ObjectKey> ORDER = Comparator.comparing(ObjectKey::group)
            .thenComparing(ObjectKey::resource)
            .thenComparing(key -> Objects.requireNonNullElse(key.namespace(), ""))
            .thenComparing(ObjectKey::name);

    private record Watcher<T extends HasMetadata>(TypedResource<T> resource, ChangeListener<T> listener) {
        void tell(@Nullable HasMetadata before, @Nullable HasMetadata after) {
            listener.changed(
                    before == null ? null : resource.type().cast(copy(before)),
                    after == null ? null : resource.type().cast(copy(after)));
        }
    }

    private final Clock clock;
    private final Map<ObjectKey, HasMetadata> stored = new TreeMap<>(ORDER);
    private Map<ObjectKey, HasMetadata> visible = stored;
    private long visibleRevision;
    private final List<Runnable> untold = new ArrayList<>();
    private final List<Watcher<?>> watchers = new ArrayList<>();
    private long revision = 2;
    private long names;
    private long epoch = 1;
    private Function<HasMetadata, Optional<RuntimeException>> refusal = _ -> Optional.empty();
    private Consumer<HasMetadata> onCreate = _ -> {};
    private long writes;

    public InMemoryObjects(Clock clock) {
        this.clock = clock;
    }

    /** Lets creations fail. */
    public void refuseCreations(Function<HasMetadata, Optional<RuntimeException>> rule) {
        refusal = rule;
    }

    /** Lets a test see each object before it is created. */
    public void onCreate(Consumer<HasMetadata> observer) {
        onCreate = observer;
    }

    /** Another replica leads from now on: writes of earlier epochs fail. */
    public void beginEpoch(long next) {
        epoch = next;
    }

    public long writes() {
        return writes;
    }

    /** Reads and watches stay as they are while writes go on. */
    public void freezeCache() {
        visible = new TreeMap<>(ORDER);
        visible.putAll(stored);
        visibleRevision = revision;
    }

    public void thawCache() {
        visible = stored;
        List<Runnable> changes = List.copyOf(untold);
        untold.clear();
        changes.forEach(Runnable::run);
    }

    @Override
    public <T extends HasMetadata> Optional<T> get(TypedResource<T> resource, @Nullable String namespace, String name) {
        return Optional.ofNullable(visible.get(key(resource, namespace, name)))
                .map(object -> resource.type().cast(copy(object)));
    }

    @Override
    public <T extends HasMetadata> List<T> list(TypedResource<T> resource, @Nullable String namespace) {
        return visible.entrySet().stream()
                .filter(entry -> is(entry.getKey(), resource)
                        && (namespace == null || namespace.equals(entry.getKey().namespace())))
                .map(entry -> resource.type().cast(copy(entry.getValue())))
                .toList();
    }

    @Override
    public <T extends HasMetadata> T create(TypedResource<T> resource, T object, @Nullable Fence fence) {
        check(fence);
        HasMetadata created = copy(object);
        refusal.apply(created).ifPresent(refused -> {
            throw refused;
        });
        ObjectMeta metadata = created.getMetadata();
        if (metadata.getName() == null) {
            metadata.setName(metadata.getGenerateName() + "%05d".formatted(names++));
        }
        ObjectKey key = key(resource, metadata.getNamespace(), metadata.getName());
        if (stored.containsKey(key)) {
            throw new StoreException.AlreadyExists(key);
        }
        onCreate.accept(created);
        metadata.setUid("uid-" + names++);
        metadata.setGeneration(1L);
        metadata.setCreationTimestamp(Times.format(clock.instant()));
        return resource.type().cast(put(key, created));
    }

    @Override
    public <T extends HasMetadata> T update(TypedResource<T> resource, T object, @Nullable Fence fence) {
        check(fence);
        ObjectKey key = key(resource, object);
        HasMetadata before = expected(key, object);
        HasMetadata after = copy(object);
        setStatus(after, status(before));
        after.getMetadata().setDeletionTimestamp(before.getMetadata().getDeletionTimestamp());
        boolean sameSpec = tree(after, "spec").equals(tree(before, "spec"));
        after.getMetadata().setGeneration(before.getMetadata().getGeneration() + (sameSpec ? 0 : 1));
        if (after.getMetadata().getDeletionTimestamp() != null && isFree(after, key)) {
            remove(key);
            return resource.type().cast(after);
        }
        return resource.type().cast(put(key, after));
    }

    @Override
    public <T extends HasMetadata> T updateStatus(TypedResource<T> resource, T object, @Nullable Fence fence) {
        check(fence);
        ObjectKey key = key(resource, object);
        HasMetadata after = copy(expected(key, object));
        setStatus(after, status(object));
        return resource.type().cast(put(key, after));
    }

    @Override
    public <T extends HasMetadata> List<T> updateStatuses(
            TypedResource<T> resource, List<T> objects, @Nullable Fence fence) {
        List<T> updated = new ArrayList<>();
        for (T object : objects) {
            try {
                updated.add(updateStatus(resource, object, fence));
            } catch (StoreException.Conflict | StoreException.NotFound _) {
                // left out, alone
            }
        }
        return updated;
    }

    @Override
    public List<Binding> bind(List<Binding> bindings, @Nullable Fence fence) {
        check(fence);
        List<Binding> bound = new ArrayList<>();
        for (Binding binding : bindings) {
            ObjectKey key = key(PODS, binding.namespace(), binding.podName());
            if (stored.get(key) instanceof Pod pod
                    && pod.getMetadata().getUid().equals(binding.podUid())
                    && !Pods.isAssigned(pod)) {
                Pod after = (Pod) copy(pod);
                after.getSpec().setNodeName(binding.nodeName());
                put(key, after);
                bound.add(binding);
            }
        }
        return bound;
    }

    @Override
    public <T extends HasMetadata> void delete(
            TypedResource<T> resource,
            @Nullable String namespace,
            String name,
            DeleteOptions options,
            @Nullable Fence fence) {
        check(fence);
        ObjectKey key = key(resource, namespace, name);
        HasMetadata before = stored.get(key);
        if (before == null) {
            throw new StoreException.NotFound(key);
        }
        if (options.uid() != null && !options.uid().equals(before.getMetadata().getUid())) {
            throw new ApiException(409, "Conflict", "the uid differs");
        }
        HasMetadata after = copy(before);
        List<String> finalizers = new ArrayList<>(after.getMetadata().getFinalizers());
        if ("Foreground".equals(options.propagation())) {
            finalizers.add("foregroundDeletion");
        } else if ("Orphan".equals(options.propagation())) {
            finalizers.add("orphan");
        }
        after.getMetadata().setFinalizers(finalizers);
        boolean force = Objects.equals(options.graceSeconds(), 0L) && finalizers.isEmpty();
        if (force || isFree(after, key)) {
            remove(key);
        } else if (after.getMetadata().getDeletionTimestamp() == null) {
            after.getMetadata().setDeletionTimestamp(Times.format(clock.instant()));
            if (after instanceof Namespace space) {
                space.getStatus().setPhase("Terminating");
            }
            put(key, after);
        }
    }

    /** What the API does when an agent has freed a pod: the object goes. */
    public void podRemoved(String namespace, String name) {
        remove(key(PODS, namespace, name));
    }

    /** Changes an object as a user would. */
    public <T extends HasMetadata> T edit(
            TypedResource<T> resource, @Nullable String namespace, String name, Consumer<T> change) {
        ObjectKey key = key(resource, namespace, name);
        T object = resource.type().cast(copy(Objects.requireNonNull(stored.get(key), name)));
        change.accept(object);
        String status = tree(object, "status");
        T updated = update(resource, object, new Fence(epoch));
        if (stored.containsKey(key) && !status.equals(tree(updated, "status"))) {
            object.getMetadata().setResourceVersion(updated.getMetadata().getResourceVersion());
            return updateStatus(resource, object, new Fence(epoch));
        }
        return updated;
    }

    @Override
    public long revision() {
        return visible == stored ? revision : visibleRevision;
    }

    @Override
    public <T extends HasMetadata> AutoCloseable watch(TypedResource<T> resource, ChangeListener<T> listener) {
        Watcher<T> watcher = new Watcher<>(resource, listener);
        watchers.add(watcher);
        list(resource, null).forEach(object -> watcher.tell(null, object));
        return () -> watchers.remove(watcher);
    }

    private boolean isFree(HasMetadata object, ObjectKey key) {
        boolean heldByNode =
                is(key, PODS) && object instanceof Pod pod && Pods.isAssigned(pod) && !Pods.isTerminal(pod);
        boolean heldBySpec = object instanceof Namespace space
                && space.getSpec() != null
                && !space.getSpec().getFinalizers().isEmpty();
        return !heldByNode
                && !heldBySpec
                && object.getMetadata().getFinalizers().isEmpty();
    }

    private HasMetadata put(ObjectKey key, HasMetadata object) {
        revision += 2;
        writes++;
        object.getMetadata().setResourceVersion(Long.toString(revision));
        HasMetadata before = stored.put(key, object);
        tell(key, before, object);
        return copy(object);
    }

    private void remove(ObjectKey key) {
        revision += 2;
        writes++;
        HasMetadata before = stored.remove(key);
        if (before != null) {
            tell(key, before, null);
        }
    }

    private void tell(ObjectKey key, @Nullable HasMetadata before, @Nullable HasMetadata after) {
        Runnable change = () -> List.copyOf(watchers).stream()
                .filter(watcher -> is(key, watcher.resource()))
                .forEach(watcher -> watcher.tell(before, after));
        if (visible == stored) {
            change.run();
        } else {
            untold.add(change);
        }
    }

    private HasMetadata expected(ObjectKey key, HasMetadata object) {
        HasMetadata before = stored.get(key);
        if (before == null) {
            throw new StoreException.NotFound(key);
        }
        if (!before.getMetadata()
                .getResourceVersion()
                .equals(object.getMetadata().getResourceVersion())) {
            throw new StoreException.Conflict(key);
        }
        return before;
    }

    private void check(@Nullable Fence fence) {
        if (fence != null && fence.epoch() < epoch) {
            throw new StoreException.Deposed(fence.epoch());
        }
    }

    private static boolean is(ObjectKey key, TypedResource<?> resource) {
        return key.group().equals(resource.group()) && key.resource().equals(resource.plural());
    }

    private static ObjectKey key(TypedResource<?> resource, HasMetadata object) {
        return key(
                resource,
                object.getMetadata().getNamespace(),
                object.getMetadata().getName());
    }

    private static ObjectKey key(TypedResource<?> resource, @Nullable String namespace, String name) {
        return new ObjectKey(resource.group(), resource.plural(), namespace, name);
    }

    static HasMetadata copy(HasMetadata object) {
        return JSON.convertValue(JSON.valueToTree(object), object.getClass());
    }

    private static String tree(HasMetadata object, String field) {
        return JSON.valueToTree(object).path(field).toString();
    }

    private static @Nullable Object status(HasMetadata object) {
        try {
            return object.getClass().getMethod("getStatus").invoke(object);
        } catch (ReflectiveOperationException _) {
            return null;
        }
    }

    private static void setStatus(HasMetadata object, @Nullable Object status) {
        if (status != null) {
            try {
                object.getClass().getMethod("setStatus", status.getClass()).invoke(object, status);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
    }
}
