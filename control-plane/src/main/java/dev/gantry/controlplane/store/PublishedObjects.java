package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.EventRing.Entry;
import dev.gantry.controlplane.store.ObjectCache.EventListener;
import dev.gantry.controlplane.store.ObjectCache.EventType;
import dev.gantry.controlplane.store.ObjectCache.Listing;
import dev.gantry.controlplane.store.ObjectCache.Subscription;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a cache has published: the live objects at one revision, the recent events that led there, and those who listen. It knows nothing of where changes
 * come from; whoever feeds it does so in revision order. Safe for use by many threads.
 */
final class PublishedObjects implements AutoCloseable {
    private static final Comparator<ObjectKey> BY_NAMESPACE_AND_NAME = Comparator.comparing(
                    (ObjectKey key) -> key.namespace() == null ? "" : key.namespace())
            .thenComparing(ObjectKey::name);

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Map<Resource, NavigableMap<ObjectKey, ObjectVersion>> live = new HashMap<>();
    private final Subscriptions subscriptions = new Subscriptions();
    private final RevisionWaiters waiters = new RevisionWaiters();
    private final EventRing ring;
    private long revision;
    private @Nullable StoreException closed;

    /** @param revision odd; nothing is kept from before it */
    PublishedObjects(EventRing.Limits limits, long revision) {
        this.ring = new EventRing(limits, revision);
        this.revision = revision;
    }

    /**
     * Publishes what happened after {@link #revision} and up to {@code upTo}.
     *
     * @param changes in revision order; one that is not newer than what is published of its object is passed over
     * @param upTo odd; one that is already behind changes nothing
     */
    void publish(Collection<Change> changes, long upTo) {
        lock.writeLock().lock();
        try {
            List<Entry> entries = new ArrayList<>();
            for (Change change : changes) {
                apply(change, entries);
            }
            entries.forEach(ring::add);
            revision = Math.max(revision, upTo);
            subscriptions.publish(entries);
        } finally {
            lock.writeLock().unlock();
        }
        waiters.reached(upTo);
    }

    /** Starts again from nothing but {@code objects}: what led to them is not known, so listeners must list again. */
    void restart(Collection<ObjectVersion> objects, long newRevision) {
        lock.writeLock().lock();
        try {
            long oldest = newRevision;
            live.clear();
            for (ObjectVersion object : objects) {
                table(object.key()).put(object.key(), object);
            }
            revision = newRevision;
            ring.restart(oldest);
            subscriptions.endAll(new StoreException.Expired(0, oldest));
        } finally {
            lock.writeLock().unlock();
        }
        waiters.reached(newRevision);
    }

    /** Forgets all events: older watches and continued lists get Expired; listeners stay. */
    void forgetEvents() {
        lock.writeLock().lock();
        try {
            ring.restart(revision);
        } finally {
            lock.writeLock().unlock();
        }
    }

    long revision() {
        return reading(() -> revision);
    }

    void awaitRevision(long wanted, Duration timeout) {
        RevisionWaiters.Waiter waiter = waiters.add(wanted);
        long reached = revision();
        if (reached >= wanted) {
            waiters.remove(waiter);
            return;
        }
        StoreException end = reading(() -> closed);
        if (end != null) {
            waiters.remove(waiter);
            throw end;
        }
        try {
            waiter.future().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new StoreException.RevisionNotReached(wanted, revision());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Unavailable("interrupted while waiting for revision %d".formatted(wanted), e);
        } catch (ExecutionException | CancellationException e) {
            throw new StoreException.Unavailable("the cache closed while waiting for revision %d".formatted(wanted), e);
        } finally {
            waiters.remove(waiter);
        }
    }

    Optional<ObjectVersion> version(ObjectKey key) {
        return reading(() -> {
            NavigableMap<ObjectKey, ObjectVersion> objects = live.get(Resource.of(key));
            return objects == null ? Optional.empty() : Optional.ofNullable(objects.get(key));
        });
    }

    Optional<StoredObject> get(ObjectKey key) {
        return version(key).map(ObjectVersion::decode);
    }

    Listing list(String group, String resource, @Nullable String namespace) {
        return reading(() -> {
            NavigableMap<ObjectKey, ObjectVersion> objects = live.get(new Resource(group, resource));
            return new Listing(revision, decoding(objects == null ? List.of() : inNamespace(objects, namespace)));
        });
    }

    Listing listAt(String group, String resource, @Nullable String namespace, long at) {
        return reading(() -> {
            if (at > revision) {
                throw new StoreException.RevisionNotReached(at, revision);
            }
            if (!ring.reachesBackTo(at)) {
                throw new StoreException.Expired(at, ring.floor());
            }
            NavigableMap<ObjectKey, ObjectVersion> objects = new TreeMap<>(BY_NAMESPACE_AND_NAME);
            NavigableMap<ObjectKey, ObjectVersion> current = live.get(new Resource(group, resource));
            if (current != null) {
                objects.putAll(current);
            }
            ring.rewind(objects, at, in(group, resource, null));
            return new Listing(at | 1, decoding(inNamespace(objects, namespace)));
        });
    }

    Subscription subscribe(
            String group, String resource, @Nullable String namespace, long fromRevision, EventListener listener) {
        lock.writeLock().lock();
        try {
            if (closed != null) {
                throw closed;
            }
            if (!ring.reachesBackTo(fromRevision)) {
                throw new StoreException.Expired(fromRevision, ring.floor());
            }
            List<Entry> backlog = ring.after(fromRevision, in(group, resource, namespace));
            return subscriptions.add(group, resource, namespace, fromRevision, listener, backlog, revision);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Tells all listeners how far they have come. */
    void tellProgress() {
        lock.writeLock().lock();
        try {
            subscriptions.progress(revision);
        } finally {
            lock.writeLock().unlock();
        }
    }

    int subscriptionCount() {
        return subscriptions.size();
    }

    int objectCount() {
        return reading(() -> live.values().stream().mapToInt(Map::size).sum());
    }

    /** All live objects, in no order. */
    List<ObjectVersion> all() {
        return reading(() -> live.values().stream()
                .flatMap(objects -> objects.values().stream())
                .toList());
    }

    @Override
    public void close() {
        StoreException reason = new StoreException.Unavailable("the cache is closed: the control plane is stopping");
        lock.writeLock().lock();
        try {
            closed = reason;
            subscriptions.endAll(reason);
        } finally {
            lock.writeLock().unlock();
        }
        waiters.fail(reason);
        subscriptions.close();
    }

    private void apply(Change change, List<Entry> entries) {
        NavigableMap<ObjectKey, ObjectVersion> objects = table(change.key());
        ObjectVersion before = objects.get(change.key());
        ObjectVersion now = change.now();
        if (before != null && change.revision() <= before.revision()) {
            return;
        }
        if (before != null && (now == null || !now.uid().equals(before.uid()))) {
            entries.add(new Entry(EventType.DELETED, before.at(change.revision(), change.version()), before));
            objects.remove(change.key());
            before = null;
        }
        if (now != null) {
            entries.add(new Entry(before == null ? EventType.ADDED : EventType.MODIFIED, now, before));
            objects.put(change.key(), now);
        }
    }

    private NavigableMap<ObjectKey, ObjectVersion> table(ObjectKey key) {
        return live.computeIfAbsent(Resource.of(key), resource -> new TreeMap<>(BY_NAMESPACE_AND_NAME));
    }

    private <T extends @Nullable Object> T reading(Supplier<T> read) {
        lock.readLock().lock();
        try {
            return read.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    private static Predicate<ObjectKey> in(String group, String resource, @Nullable String namespace) {
        return key -> key.resource().equals(resource)
                && key.group().equals(group)
                && (namespace == null || namespace.equals(key.namespace()));
    }

    private static List<ObjectVersion> inNamespace(
            NavigableMap<ObjectKey, ObjectVersion> objects, @Nullable String namespace) {
        if (namespace == null) {
            return List.copyOf(objects.values());
        }
        List<ObjectVersion> found = new ArrayList<>();
        for (ObjectVersion object :
                objects.tailMap(new ObjectKey("", "", namespace, ""), true).values()) {
            if (!namespace.equals(object.key().namespace())) {
                break;
            }
            found.add(object);
        }
        return List.copyOf(found);
    }

    /** Decodes an element each time that it is asked for, so that a large list costs no heap beyond what is looked at. */
    private static List<StoredObject> decoding(List<ObjectVersion> versions) {
        return new DecodingList(requireNonNull(versions, "versions is null"));
    }

    private static final class DecodingList extends AbstractList<StoredObject> implements RandomAccess {
        private final List<ObjectVersion> versions;

        DecodingList(List<ObjectVersion> versions) {
            this.versions = versions;
        }

        @Override
        public StoredObject get(int index) {
            return versions.get(index).decode();
        }

        @Override
        public int size() {
            return versions.size();
        }
    }

    private record Resource(String group, String name) {
        static Resource of(ObjectKey key) {
            return new Resource(key.group(), key.resource());
        }
    }
}
