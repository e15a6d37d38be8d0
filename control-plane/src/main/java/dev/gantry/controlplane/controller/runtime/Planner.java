package dev.gantry.controlplane.controller.runtime;

import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.TypedResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One controller's rules: reads the objects of a key and says what to write. A planner writes nothing itself and keeps no state that a new leader would
 * miss. Called by several threads, never twice at once for one key.
 *
 * @param <K> what is planned for at a time, usually an {@link ObjectName}
 */
public interface Planner<K> {
    /** Lower-case words with dashes: the name of threads, in logs and as the source of events. */
    String name();

    /** Says which changes make which keys worth a look. Called once at the beginning of each term. */
    void subscribe(Subscriptions<K> subscriptions);

    Plan plan(K key, ClusterObjects objects, Circumstances circumstances);

    /** Where a planner names its sources of work. */
    interface Subscriptions<K> {
        /** {@code onChange} is called with the version before (null for a new object) and after (null for a deleted one); it must not block. */
        <T extends HasMetadata> void watch(TypedResource<T> resource, BiConsumer<@Nullable T, @Nullable T> onChange);

        /** For callbacks that must find out whom a change concerns. */
        ClusterObjects objects();

        /** Makes a key due now. */
        void enqueue(K key);

        /** Makes a key due after {@code delay}. */
        void enqueueAfter(K key, Duration delay);
    }
}
