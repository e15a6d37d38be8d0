package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.PendingEvents.Ready;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Feeds the cache from one persistent recursive watch and asynchronous reads on the same connection.
 *
 * <pre>
 *   DETACHED --handle--> ATTACHING --watch set--> LOADING --tree published--> FOLLOWING
 *       ^                    |                       ^  |                        |
 *       +-- watch refused ---+                       +--+--- disconnected, reconnected
 *       +--------------------- another session's handle -------------------------+
 * </pre>
 *
 * A watch does not replay what happened while it was disconnected. So after each reconnect the whole tree is read and compared, with what the watch tells
 * meanwhile, before anything is published again. All state belongs to one thread, {@code store-cache}, to which the connection's threads hand over.
 */
final class CacheFeed implements Connection.Listener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CacheFeed.class);
    private static final int FIRST_BATCH = 256;
    private static final int SMALLEST_BATCH = 16;
    private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(2);
    private static final Duration RETRY_PAUSE = Duration.ofMillis(200);
    private static final String REPLICAS_PREFIX = StorePaths.REPLICAS + "/";

    private final PublishedObjects published;
    private final Revisions revisions;
    private final ZnodeReading reading;
    private final LongSupplier nanoTime;
    private final Duration longestAbsence;
    private final ScheduledExecutorService actor = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("store-cache").factory());
    private final CompletableFuture<Void> firstLoad = new CompletableFuture<>();
    private final PendingEvents pending = new PendingEvents();
    private final RegisteredReplicas replicas = new RegisteredReplicas();

    private State state = State.DETACHED;
    private @Nullable ZooKeeper watched;
    private @Nullable EventReads reads;
    private TreeReader.@Nullable Tree tree;
    private long generation;
    private long lastCurrentNanos;
    private int loadFailures;
    private boolean everLoaded;
    private volatile boolean current;
    private volatile long loads;
    private volatile Runnable leadershipChanged = () -> {};

    /** @param longestAbsence after it the ring of events starts again, since deletions may have been purged unseen */
    CacheFeed(
            PublishedObjects published,
            Revisions revisions,
            ZnodeReading reading,
            LongSupplier nanoTime,
            Duration longestAbsence) {
        this.published = requireNonNull(published, "published is null");
        this.revisions = requireNonNull(revisions, "revisions is null");
        this.reading = requireNonNull(reading, "reading is null");
        this.nanoTime = requireNonNull(nanoTime, "nanoTime is null");
        this.longestAbsence = requireNonNull(longestAbsence, "longestAbsence is null");
        long millis = PROGRESS_INTERVAL.toMillis();
        actor.scheduleWithFixedDelay(() -> guarded(this::tellProgress), millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Completes when the whole tree has been published once. */
    CompletableFuture<Void> firstLoad() {
        return firstLoad;
    }

    /** Whether the cache follows the ensemble now, rather than being stale. */
    boolean isCurrent() {
        return current;
    }

    /** The registered replicas as far as the cache has come; empty while it does not follow. */
    Set<String> replicas() {
        return current ? replicas.names() : Set.of();
    }

    /** How often the whole tree has been read. */
    long loads() {
        return loads;
    }

    @Override
    public void connected(ZooKeeper handle) {
        act(() -> {
            if (handle != watched) {
                attach(handle);
            }
        });
    }

    /** Called when another epoch may have begun, or a replica has come or gone; must not block. */
    void onLeadershipChange(Runnable listener) {
        leadershipChanged = listener;
    }

    @Override
    public void close() {
        actor.shutdownNow();
        firstLoad.completeExceptionally(new StoreException.Unavailable("the cache is closed"));
    }

    private void attach(ZooKeeper handle) {
        forget();
        watched = handle;
        state = State.ATTACHING;
        handle.addWatch(
                StorePaths.ROOT,
                event -> act(() -> told(handle, event)),
                AddWatchMode.PERSISTENT_RECURSIVE,
                (rc, path, context) -> act(() -> watching(handle, rc)),
                null);
    }

    private void watching(ZooKeeper handle, int rc) {
        if (handle != watched || state != State.ATTACHING) {
            return;
        }
        if (rc == Code.OK.intValue()) {
            load(handle);
            return;
        }
        log.warn("The store's watch was not set: {}; trying again", Code.get(rc));
        watched = null;
        state = State.DETACHED;
        later(() -> {
            if (watched == null && handle.getState().isConnected()) {
                attach(handle);
            }
        });
    }

    private void told(ZooKeeper handle, WatchedEvent event) {
        if (handle != watched) {
            return;
        }
        if (event.getType() == EventType.None) {
            if (event.getState() == KeeperState.SyncConnected && state != State.ATTACHING) {
                load(handle);
            } else if (event.getState() == KeeperState.Disconnected || event.getState() == KeeperState.Expired) {
                forget();
            }
        } else if (state == State.LOADING || state == State.FOLLOWING) {
            changed(event.getType(), requireNonNull(event.getPath(), "path is null"), event.getZxid());
        }
    }

    private void changed(EventType type, String path, long zxid) {
        if (path.equals(StorePaths.LEADER) || path.startsWith(REPLICAS_PREFIX)) {
            leadershipChanged.run();
        }
        if (path.startsWith(REPLICAS_PREFIX)) {
            replicas.told(path.substring(REPLICAS_PREFIX.length()), type != EventType.NodeDeleted);
        }
        Optional<ObjectKey> key = StorePaths.key(path);
        if (key.isPresent()) {
            requireNonNull(reads, "reads is null").add(pending.add(zxid, path, type == EventType.NodeDeleted));
        } else {
            pending.addRead(zxid, path);
        }
        publish();
    }

    private void load(ZooKeeper handle) {
        forget();
        state = State.LOADING;
        long mine = generation;
        loads++;
        reads = new EventReads(handle, reading, (rc, done) -> act(() -> readDone(mine, rc, done)));
        TreeReader reader =
                new TreeReader(handle, reading, Math.max(SMALLEST_BATCH, FIRST_BATCH >> Math.min(8, 2 * loadFailures)));
        Thread.ofVirtual().name("store-load").start(() -> {
            try {
                TreeReader.Tree read = reader.read();
                act(() -> loaded(mine, read));
            } catch (KeeperException e) {
                act(() -> loadFailed(mine, handle, e));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void loaded(long mine, TreeReader.Tree read) {
        if (mine == generation) {
            tree = read;
            replicas.read(read.replicas());
            publish();
        }
    }

    private void loadFailed(long mine, ZooKeeper handle, KeeperException failure) {
        if (mine == generation) {
            loadFailures++;
            log.warn("Reading the whole store failed ({}); trying again", failure.code());
            later(() -> {
                if (mine == generation) {
                    load(handle);
                }
            });
        }
    }

    private void readDone(long mine, int rc, EventReads.Done done) {
        if (mine != generation) {
            return;
        }
        if (!done.complete()) {
            log.warn("Reading what changed in the store failed ({})", Code.get(rc));
            ZooKeeper handle = requireNonNull(watched, "watched is null");
            later(() -> {
                if (mine == generation) {
                    load(handle);
                }
            });
            return;
        }
        requireNonNull(reads, "reads is null").finish(done);
        publish();
    }

    private void publish() {
        TreeReader.Tree read = tree;
        if (state == State.LOADING) {
            if (read == null) {
                return;
            }
            Optional<Ready> ready = pending.ready(read.zxid());
            if (ready.isEmpty()) {
                return;
            }
            publishTree(read, ready.get());
            tree = null;
            loadFailures = 0;
            state = State.FOLLOWING;
            current = true;
        }
        if (state == State.FOLLOWING) {
            for (Optional<Ready> ready = pending.ready(); ready.isPresent(); ready = pending.ready()) {
                published.publish(
                        ready.get().changes(), revisions.upTo(ready.get().upTo()));
            }
            lastCurrentNanos = nanoTime.getAsLong();
        }
    }

    private void publishTree(TreeReader.Tree read, Ready meanwhile) {
        TreeComparison comparison = TreeComparison.of(read, meanwhile.changes());
        long upTo = revisions.upTo(meanwhile.upTo());
        long absence = nanoTime.getAsLong() - lastCurrentNanos;
        if (!everLoaded
                || absence > longestAbsence.toNanos()
                || comparison.lostDeletions(published) > 0
                || upTo < published.revision()) {
            log.info("Starting the cache with {} objects at revision {}", comparison.liveCount(), upTo);
            published.restart(comparison.live(), upTo);
        } else {
            published.publish(comparison.changes(), upTo);
        }
        everLoaded = true;
        firstLoad.complete(null);
    }

    /** Nothing that was under way counts any more. */
    private void forget() {
        generation++;
        current = false;
        tree = null;
        reads = null;
        pending.clear();
        replicas.clear();
        if (state == State.FOLLOWING) {
            lastCurrentNanos = nanoTime.getAsLong();
        }
        if (state != State.DETACHED && state != State.ATTACHING) {
            state = State.DISCONNECTED;
        }
    }

    private void tellProgress() {
        if (current) {
            lastCurrentNanos = nanoTime.getAsLong();
            published.tellProgress();
        }
    }

    private void act(Runnable task) {
        try {
            actor.execute(() -> guarded(task));
        } catch (RejectedExecutionException closed) {
            log.debug("Closed", closed);
        }
    }

    private void later(Runnable task) {
        try {
            actor.schedule(() -> guarded(task), RETRY_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            log.debug("Closed", closed);
        }
    }

    /** A fault of ours must not stop the feed unnoticed: everything is read again. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.error("The cache's feed failed; reading the whole store again", e);
            ZooKeeper handle = watched;
            if (handle != null) {
                forget();
                later(() -> load(handle));
            }
        }
    }

    private enum State {
        /** There is no watch. */
        DETACHED,
        /** A watch has been asked for. */
        ATTACHING,
        /** The watch stands, the connection does not. */
        DISCONNECTED,
        /** The tree is being read; what the watch tells is kept. */
        LOADING,
        /** What the watch tells is published. */
        FOLLOWING
    }
}
