package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A store without an ensemble for tests of what is built on it: same rules, same errors, same cache and events as the real one (one contract test runs
 * against both), and faults on demand. Events are told on the store's own thread, as in the real one.
 */
public final class InMemoryObjectStore implements ObjectStore, ObjectCache, AutoCloseable {
    private static final int MAX_JSON_BYTES = 3 << 19;

    private final Revisions revisions = new Revisions(0);
    private final PublishedObjects published;
    private final Map<ObjectKey, Integer> versions = new HashMap<>();
    private final Queue<StoreException> failures = new ArrayDeque<>();
    private long zxid = 1;
    private long epoch = 1;
    private long refused;

    public InMemoryObjectStore() {
        this(EventRing.Limits.DEFAULT.events());
    }

    /** @param keptEvents older ones are dropped, and watches and lists from before them get Expired */
    public InMemoryObjectStore(int keptEvents) {
        published = new PublishedObjects(
                new EventRing.Limits(keptEvents, EventRing.Limits.DEFAULT.bytes()), revisions.upTo(zxid));
    }

    @Override
    public synchronized List<StoredObject> transact(List<Write> writes, @Nullable Fence fence) {
        StoreException failure = failures.poll();
        if (failure != null) {
            throw failure;
        }
        if (fence != null && fence.epoch() != epoch) {
            refused++;
            throw new StoreException.Deposed(fence.epoch());
        }
        Set<ObjectKey> seen = new HashSet<>();
        for (Write write : writes) {
            if (!seen.add(write.key())) {
                throw new IllegalArgumentException("%s is written twice in one transaction".formatted(write.key()));
            }
            check(write);
        }
        if (writes.isEmpty()) {
            return List.of();
        }
        zxid++;
        List<StoredObject> written = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        for (Write write : writes) {
            Change change = carryOut(write);
            changes.add(change);
            written.add(outcome(write, change));
        }
        published.publish(changes, revisions.upTo(zxid));
        published.tellProgress();
        return List.copyOf(written);
    }

    @Override
    public ObjectCache cache() {
        return this;
    }

    /** The fence of the epoch that is now; {@link #depose} ends it. */
    public synchronized Fence fence() {
        return new Fence(epoch);
    }

    /** Another control plane takes over: writes under earlier fences are refused. */
    public synchronized Fence depose() {
        return new Fence(++epoch);
    }

    /** Writes that were refused for their fence. */
    public synchronized long refusedWrites() {
        return refused;
    }

    /** The next transaction fails so, and writes nothing; several calls queue up. */
    public synchronized void failNext(StoreException failure) {
        failures.add(failure);
    }

    /** As when this replica was away for too long: watches end with Expired, older revisions can't be listed. */
    public synchronized void loseEvents() {
        zxid++;
        published.restart(published.all(), revisions.upTo(zxid));
    }

    /** Tells listeners how far they have come, as the real cache does every few seconds; here also after each transaction. */
    public void tellProgress() {
        published.tellProgress();
    }

    /** How many listen now. */
    public int subscriptionCount() {
        return published.subscriptionCount();
    }

    /** A write from elsewhere in one line; creates or updates without looking. */
    public synchronized StoredObject put(ObjectKey key, String uid, String json) {
        byte[] bytes = json.getBytes(UTF_8);
        return published
                .get(key)
                .map(live -> write(new Write.Update(key, live, bytes), null))
                .orElseGet(() -> write(new Write.Create(key, uid, bytes), null));
    }

    @Override
    public long revision() {
        return published.revision();
    }

    @Override
    public void awaitCurrent(Duration timeout) {
        // every acknowledged write is in the cache already
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

    @Override
    public void close() {
        published.close();
    }

    private void check(Write write) {
        Optional<StoredObject> live = published.get(write.key());
        switch (write) {
            case Write.Create create -> {
                checkSize(create.key(), create.json());
                if (live.isPresent()) {
                    throw new StoreException.AlreadyExists(create.key());
                }
            }
            case Write.Update update -> {
                checkSize(update.key(), update.json());
                checkExpected(update.key(), live, update.expected());
            }
            case Write.Delete delete -> checkExpected(delete.key(), live, delete.expected());
        }
    }

    private static void checkExpected(ObjectKey key, Optional<StoredObject> live, StoredObject expected) {
        StoredObject found = live.orElseThrow(() -> new StoreException.NotFound(key));
        if (found.version() != expected.version() || !found.uid().equals(expected.uid())) {
            throw new StoreException.Conflict(key);
        }
    }

    private static void checkSize(ObjectKey key, byte[] json) {
        if (json.length > MAX_JSON_BYTES) {
            throw new StoreException.TooLarge(key, json.length, MAX_JSON_BYTES);
        }
    }

    private Change carryOut(Write write) {
        int version = versions.merge(write.key(), 0, (old, none) -> old + 1);
        long revision = revisions.ofObject(zxid);
        return switch (write) {
            case Write.Create create ->
                Change.live(new ObjectVersion(
                        create.key(), create.uid(), revision, version, new PlainContent(create.json())));
            case Write.Update update ->
                Change.live(new ObjectVersion(
                        update.key(), update.expected().uid(), revision, version, new PlainContent(update.json())));
            case Write.Delete delete -> Change.deleted(delete.key(), revision, version);
        };
    }

    private StoredObject outcome(Write write, Change change) {
        if (change.now() != null) {
            return change.now().decode();
        }
        StoredObject last = published.get(write.key()).orElseThrow();
        return new StoredObject(write.key(), last.uid(), change.revision(), change.version(), last.json());
    }

    private record PlainContent(byte[] json) implements Content {
        @Override
        public int retainedBytes() {
            return json.length;
        }
    }
}
