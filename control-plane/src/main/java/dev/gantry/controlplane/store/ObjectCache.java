package dev.gantry.controlplane.store;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All live objects of this replica, published strictly in revision order. Reads never block on the ensemble, except {@link #awaitCurrent}. */
public interface ObjectCache {
    /** Everything up to this revision is in the cache; odd (see {@link Revisions}). */
    long revision();

    /**
     * Waits until the cache holds everything that was acknowledged to anyone before this call.
     *
     * @throws StoreException.Unavailable when the ensemble doesn't answer in time
     */
    void awaitCurrent(Duration timeout);

    /**
     * Waits until the cache has reached {@code revision}.
     *
     * @throws StoreException.RevisionNotReached when it doesn't in time
     */
    void awaitRevision(long revision, Duration timeout);

    Optional<StoredObject> get(ObjectKey key);

    /**
     * The objects of one resource, ordered by namespace and name, at one revision.
     *
     * @param namespace null for all namespaces
     */
    Listing list(String group, String resource, @Nullable String namespace);

    /**
     * As {@link #list}, at a past revision whose events are still kept: what makes {@code continue} consistent.
     *
     * @throws StoreException.Expired when they are not
     */
    Listing listAt(String group, String resource, @Nullable String namespace, long revision);

    /**
     * Tells {@code listener} every event of a resource after {@code fromRevision}, in order, on one thread at a time; a listener must not block.
     * From an even revision that transaction's own events are told again, from an odd one strictly what follows.
     *
     * @param namespace null for all namespaces
     * @throws StoreException.Expired when {@code fromRevision} is older than the events that are kept
     */
    Subscription subscribe(
            String group, String resource, @Nullable String namespace, long fromRevision, EventListener listener);

    /**
     * @param revision odd: strictly what follows it follows this list
     * @param objects unmodifiable
     */
    record Listing(long revision, List<StoredObject> objects) {}

    enum EventType {
        ADDED,
        MODIFIED,
        DELETED
    }

    /**
     * @param object the version after the event; for DELETED the last live version at the deletion's revision
     * @param previous the version before it; null for ADDED
     */
    record Event(
            EventType type, StoredObject object, @Nullable StoredObject previous) {}

    interface EventListener {
        void onEvent(Event event);

        /** Every event up to {@code revision} (odd) has been told. Told at least once every few seconds while connected. */
        default void onProgress(long revision) {}

        /** The subscription has ended: events were lost (410 to a watcher) or the cache closed. Nothing follows. */
        void onEnd(StoreException reason);
    }

    interface Subscription extends AutoCloseable {
        /** Idempotent; after it returns the listener is not called again. */
        @Override
        void close();
    }
}
