package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** This replica's cache of the store. Safe for use by many threads. */
final class ReplicatedCache implements ObjectCache {
    private final PublishedObjects published;
    private final CacheFeed feed;
    private final Barrier barrier;
    private final Revisions revisions;
    private final Connection connection;
    private final String replica;

    ReplicatedCache(
            PublishedObjects published,
            CacheFeed feed,
            Barrier barrier,
            Revisions revisions,
            Connection connection,
            String replica) {
        this.published = requireNonNull(published, "published is null");
        this.feed = requireNonNull(feed, "feed is null");
        this.barrier = requireNonNull(barrier, "barrier is null");
        this.revisions = requireNonNull(revisions, "revisions is null");
        this.connection = requireNonNull(connection, "connection is null");
        this.replica = requireNonNull(replica, "replica is null");
    }

    @Override
    public long revision() {
        return published.revision();
    }

    @Override
    public void awaitCurrent(Duration timeout) {
        // while nobody else is registered, all that was acknowledged was acknowledged here, after the cache had it
        if (connection.connected() && feed.replicas().equals(Set.of(replica))) {
            return;
        }
        awaitBarrier(timeout);
    }

    /** As {@link #awaitCurrent}, also when this is the only replica. */
    void awaitBarrier(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        long now = revisions.upTo(barrier.take(timeout));
        try {
            published.awaitRevision(now, Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        } catch (StoreException.RevisionNotReached e) {
            throw new StoreException.Unavailable(
                    "the cache did not become current within %s: %s".formatted(timeout, e.getMessage()), e);
        }
    }

    @Override
    public void awaitRevision(long revision, Duration timeout) {
        published.awaitRevision(revision, timeout);
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return published.get(key);
    }

    @Override
    public Listing list(String group, String resource, @Nullable String namespace) {
        return published.list(group, resource, namespace);
    }

    @Override
    public Listing listAt(String group, String resource, @Nullable String namespace, long revision) {
        return published.listAt(group, resource, namespace, revision);
    }

    @Override
    public Subscription subscribe(
            String group, String resource, @Nullable String namespace, long fromRevision, EventListener listener) {
        return published.subscribe(group, resource, namespace, fromRevision, listener);
    }
}
