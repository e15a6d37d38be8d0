package dev.gantry.controlplane.resource;

import dev.gantry.controlplane.store.Fence;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Typed access to the cluster's objects for controllers and dispatch: reads come from the cache, writes go through admission and the store. Objects
 * handed out are fresh copies that the caller may modify. Every write of a leader's names its fence; null is for what any control plane may do, as for a user. Errors of the store pass through; a rejected object is an
 * {@link ApiException}. Safe for use by many threads.
 */
public interface ClusterObjects {
    <T extends HasMetadata> Optional<T> get(TypedResource<T> resource, @Nullable String namespace, String name);

    /** All objects of a resource, ordered by namespace and name. {@code namespace} null means all. */
    <T extends HasMetadata> List<T> list(TypedResource<T> resource, @Nullable String namespace);

    /** The {@code metadata.generateName} of the object is honoured. */
    <T extends HasMetadata> T create(TypedResource<T> resource, T object, @Nullable Fence fence);

    /** Compare-and-set on {@code metadata.resourceVersion}; leaves the status as it is. */
    <T extends HasMetadata> T update(TypedResource<T> resource, T object, @Nullable Fence fence);

    /** Compare-and-set on {@code metadata.resourceVersion}; writes the status only. */
    <T extends HasMetadata> T updateStatus(TypedResource<T> resource, T object, @Nullable Fence fence);

    /** Many status writes in few transactions. An object whose compare-and-set fails is left out of the answer, alone. */
    <T extends HasMetadata> List<T> updateStatuses(TypedResource<T> resource, List<T> objects, @Nullable Fence fence);

    /** Writes {@code spec.nodeName} of many pending pods in few transactions; a pod that changed is left out of the answer, alone. */
    List<Binding> bind(List<Binding> bindings, @Nullable Fence fence);

    /**
     * Deletes as the API does: grace, finalizers, propagation.
     *
     * @param uid the object meant; another one of the same name is left alone
     */
    <T extends HasMetadata> void delete(
            TypedResource<T> resource,
            @Nullable String namespace,
            String name,
            DeleteOptions options,
            @Nullable Fence fence);

    /** The cache's revision, as {@code resourceVersion}s compare with it. */
    long revision();

    /** Calls {@code listener} after each change of any object of the resource, on one thread at a time; it must not block. Starts with all. */
    <T extends HasMetadata> AutoCloseable watch(TypedResource<T> resource, ChangeListener<T> listener);

    /**
     * @param uid null for whichever object has the name
     * @param graceSeconds null for the object's own
     * @param propagation Background, Foreground or Orphan; null for the kind's default
     */
    record DeleteOptions(
            @Nullable String uid,
            @Nullable Long graceSeconds,
            @Nullable String propagation) {
        public static DeleteOptions of(@Nullable String uid) {
            return new DeleteOptions(uid, null, null);
        }
    }

    record Binding(String namespace, String podName, String podUid, String nodeName) {}

    interface ChangeListener<T extends HasMetadata> {
        /** @param before null for a new object; @param after null for a deleted one */
        void changed(@Nullable T before, @Nullable T after);

        /** Changes may have been missed: look at everything again. Changes follow. */
        default void resynchronized() {}
    }
}
