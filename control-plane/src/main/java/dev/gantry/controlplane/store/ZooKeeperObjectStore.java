package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.store.Connection.Answer;
import dev.gantry.controlplane.store.Znodes.Znode;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.CreateResult;
import org.apache.zookeeper.OpResult.ErrorResult;
import org.apache.zookeeper.OpResult.SetDataResult;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes objects to ZooKeeper, a {@code multi} a transaction. When an answer is lost, the znodes are asked: they carry the id of the operation that wrote
 * them. Safe for use by many threads.
 */
final class ZooKeeperObjectStore implements ObjectStore {
    private static final Logger log = LoggerFactory.getLogger(ZooKeeperObjectStore.class);
    private static final CrashPoint BEFORE_WRITE = CrashPoint.of("store.transaction-prepared");
    private static final CrashPoint AFTER_WRITE = CrashPoint.of("store.transaction-acknowledged");
    private static final CrashPoint PARENTS_MADE = CrashPoint.of("store.parents-made");

    private final Connection connection;
    private final Znodes znodes;
    private final ObjectCodec codec;
    private final Tombstones tombstones;
    private final Revisions revisions;
    private final long epochBase;
    private final PublishedObjects published;
    private final ObjectCache cache;
    private final Supplier<Optional<String>> writeRefusal;
    private final Timeouts timeouts;
    private final AtomicLong deposedWrites = new AtomicLong();
    private volatile Runnable onDeposed = () -> {};

    /** @param writeRefusal why no write would find room now; empty when one would */
    ZooKeeperObjectStore(
            Connection connection,
            Znodes znodes,
            ObjectCodec codec,
            Tombstones tombstones,
            StoreMeta meta,
            PublishedObjects published,
            ObjectCache cache,
            Supplier<Optional<String>> writeRefusal,
            Timeouts timeouts) {
        this.connection = requireNonNull(connection, "connection is null");
        this.znodes = requireNonNull(znodes, "znodes is null");
        this.codec = requireNonNull(codec, "codec is null");
        this.tombstones = requireNonNull(tombstones, "tombstones is null");
        this.revisions = new Revisions(meta.revisionBase());
        this.epochBase = meta.epochBase();
        this.published = requireNonNull(published, "published is null");
        this.cache = requireNonNull(cache, "cache is null");
        this.writeRefusal = requireNonNull(writeRefusal, "writeRefusal is null");
        this.timeouts = requireNonNull(timeouts, "timeouts is null");
    }

    @Override
    public List<StoredObject> transact(List<Write> writes, @Nullable Fence fence) {
        if (writes.isEmpty()) {
            return List.of();
        }
        Integer leaderVersion = fence == null ? null : leaderVersion(fence);
        Transaction transaction = Transaction.of(writes, leaderVersion, codec, tombstones);
        writes.forEach(this::checkIdentity);
        writeRefusal.get().ifPresent(reason -> {
            throw new StoreException.Unavailable(reason);
        });
        BEFORE_WRITE.reach();
        Deadline deadline = new Deadline(timeouts.write());
        long revision = revisions.ofObject(commit(transaction, fence, deadline));
        AFTER_WRITE.reach();
        try {
            published.awaitRevision(revision, deadline.remaining());
        } catch (StoreException.RevisionNotReached | StoreException.Unavailable e) {
            throw new StoreException.OutcomeUnknown(
                    "written at revision %d, but this control plane's cache has not come so far".formatted(revision),
                    e);
        }
        return transaction.outcome(revision);
    }

    @Override
    public ObjectCache cache() {
        return cache;
    }

    /** Called when a write was refused because its epoch was over; must not block. */
    void onDeposed(Runnable listener) {
        onDeposed = requireNonNull(listener, "listener is null");
    }

    /** Writes refused because their epoch was over. */
    long deposedWrites() {
        return deposedWrites.get();
    }

    /** @return the zxid at which it happened */
    private long commit(Transaction transaction, @Nullable Fence fence, Deadline deadline) {
        boolean mayHaveHappened = false;
        while (true) {
            stopIfInterrupted(mayHaveHappened);
            if (!connection.awaitConnected(mayHaveHappened ? deadline.remaining() : timeouts.connect())
                    || deadline.isOver()) {
                throw unreached(mayHaveHappened);
            }
            if (mayHaveHappened) {
                Optional<Long> zxid = lookForOwn(transaction, deadline);
                if (zxid.isPresent()) {
                    return zxid.get();
                }
            }
            Answer answer;
            try {
                answer = connection.multi(transaction.operations(connection.acl()), deadline.remaining());
            } catch (StoreException.Unavailable e) {
                if (deadline.isOver()) {
                    throw unreached(mayHaveHappened);
                }
                continue;
            }
            List<OpResult> results = answer.results();
            if (results == null) {
                rejectHopeless(answer.code());
                mayHaveHappened = true;
            } else if (answer.code() == Code.OK) {
                return zxid(transaction, results);
            } else {
                if (mayHaveHappened) {
                    Optional<Long> zxid = lookForOwn(transaction, deadline);
                    if (zxid.isPresent()) {
                        return zxid.get();
                    }
                }
                adjustOrRefuse(transaction, fence, results);
            }
        }
    }

    /** Nothing is written when the session itself is refused. */
    private static void rejectHopeless(Code code) {
        if (code == Code.NOAUTH || code == Code.AUTHFAILED || code == Code.INVALIDACL) {
            throw Znodes.unreachable(code);
        }
    }

    /**
     * After an answer was lost: finds the zxid of what was written. Empty when it certainly did not happen and may be tried again; it then can't happen
     * any more, or only once, since both tries expect the same versions.
     */
    private Optional<Long> lookForOwn(Transaction transaction, Deadline deadline) {
        while (true) {
            stopIfInterrupted(true);
            try {
                List<Optional<Znode>> found = znodes.readAllSynced(transaction.paths());
                boolean asExpected = true;
                for (int i = 0; i < found.size(); i++) {
                    String path = transaction.paths().get(i);
                    Znode znode = found.get(i).orElse(null);
                    if (znode != null && transaction.wrote(Envelope.decode(path, znode.data()))) {
                        return Optional.of(znode.stat().getMzxid());
                    }
                    asExpected &= transaction.isAsExpected(path, znode == null ? null : znode.stat());
                }
                if (asExpected) {
                    return Optional.empty();
                }
                throw new StoreException.OutcomeUnknown(
                        "the connection was lost during a write of %s, and another write came after it"
                                .formatted(transaction.paths()),
                        Znodes.unreachable(Code.CONNECTIONLOSS));
            } catch (StoreException.Unavailable e) {
                if (deadline.isOver() || !connection.awaitConnected(deadline.remaining())) {
                    throw unreached(true);
                }
            }
        }
    }

    /** Learns what it did not know and returns, for another try; or says why the transaction can't be. */
    private void adjustOrRefuse(Transaction transaction, @Nullable Fence fence, List<OpResult> results) {
        int failed = failedIndex(results);
        if (failed == transaction.fenceIndex() && fence != null) {
            throw deposed(fence);
        }
        Code code = Code.get(((ErrorResult) results.get(failed)).getErr());
        Write write = transaction.write(failed);
        String path = StorePaths.of(write.key());
        rejectHopeless(code);
        if (code != Code.NONODE && code != Code.NODEEXISTS && code != Code.BADVERSION) {
            throw Znodes.unreachable(code);
        }
        Optional<Znode> found = znodes.readSynced(path);
        boolean live =
                found.isPresent() && Envelope.decode(path, found.get().data()).kind() == Envelope.Kind.LIVE;
        switch (write) {
            case Write.Create create -> {
                if (live) {
                    throw new StoreException.AlreadyExists(create.key());
                }
                if (found.isEmpty()) {
                    makeParents(path);
                }
                transaction.createOver(
                        path, found.map(znode -> znode.stat().getVersion()).orElse(null));
            }
            case Write.Update update -> throw live ? conflict(update.key()) : new StoreException.NotFound(update.key());
            case Write.Delete delete -> throw live ? conflict(delete.key()) : new StoreException.NotFound(delete.key());
        }
    }

    private static StoreException conflict(ObjectKey key) {
        return new StoreException.Conflict(key);
    }

    private void makeParents(String path) {
        for (String parent : StorePaths.parents(path)) {
            znodes.create(parent, new byte[0], CreateMode.PERSISTENT);
        }
        PARENTS_MADE.reach();
    }

    /** A version is compared by the ensemble; who the object is, here: after a purge versions start again. */
    private void checkIdentity(Write write) {
        StoredObject expected = switch (write) {
            case Write.Create create -> null;
            case Write.Update update -> update.expected();
            case Write.Delete delete -> delete.expected();
        };
        if (expected == null) {
            return;
        }
        Optional<ObjectVersion> live = published.version(write.key());
        if (live.isPresent()
                && !live.get().uid().equals(expected.uid())
                && live.get().revision() > expected.revision()) {
            throw new StoreException.Conflict(write.key());
        }
    }

    private int leaderVersion(Fence fence) {
        long version = fence.epoch() - epochBase;
        if (version < 0 || version > Integer.MAX_VALUE) {
            throw deposed(fence);
        }
        return (int) version;
    }

    private StoreException deposed(Fence fence) {
        log.warn(
                "A write of epoch {} was refused: another control plane leads ({} so far)",
                fence.epoch(),
                deposedWrites.incrementAndGet());
        onDeposed.run();
        return new StoreException.Deposed(fence.epoch());
    }

    private StoreException unreached(boolean mayHaveHappened) {
        StoreException.Unavailable unreachable = Znodes.unreachable(Code.CONNECTIONLOSS);
        return mayHaveHappened
                ? new StoreException.OutcomeUnknown(
                        "the connection to the store was lost during the write, and it has not come back: it may have happened",
                        unreachable)
                : unreachable;
    }

    /** Who interrupts a write does not want to wait for it; without this, a wait that ends at once would be tried again and again until the deadline. */
    private static void stopIfInterrupted(boolean mayHaveHappened) {
        if (Thread.currentThread().isInterrupted()) {
            StoreException.Unavailable interrupted = new StoreException.Unavailable("interrupted during a write");
            throw mayHaveHappened
                    ? new StoreException.OutcomeUnknown("interrupted during a write: it may have happened", interrupted)
                    : interrupted;
        }
    }

    private static int failedIndex(List<OpResult> results) {
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i) instanceof ErrorResult error && isCause(error.getErr())) {
                return i;
            }
        }
        throw new IllegalStateException("a transaction failed without a failing operation: %s".formatted(results));
    }

    /** The others of a failed transaction are said to be OK, or to have been rolled back. */
    private static boolean isCause(int code) {
        return code != Code.OK.intValue() && code != Code.RUNTIMEINCONSISTENCY.intValue();
    }

    private long zxid(Transaction transaction, List<OpResult> results) {
        return switch (results.getLast()) {
            case SetDataResult set -> set.getStat().getMzxid();
            case CreateResult create -> {
                Stat stat = create.getStat();
                yield stat == null ? creation(transaction.paths().getLast()) : stat.getMzxid();
            }
            default -> throw new IllegalStateException("a write was answered by %s".formatted(results.getLast()));
        };
    }

    /** Beneath a chroot, ZooKeeper's client drops a creation's stat; the znode keeps the zxid for life. */
    private long creation(String path) {
        try {
            return znodes.readSynced(path).orElseThrow().stat().getCzxid();
        } catch (StoreException.Unavailable | NoSuchElementException e) {
            throw new StoreException.OutcomeUnknown("%s was written, and could not be read again".formatted(path), e);
        }
    }

    /**
     * @param write in which a write must have its answer
     * @param connect how long a write waits for a connection before anything was sent: unreachable is told fast
     */
    record Timeouts(Duration write, Duration connect) {
        static final Timeouts DEFAULT = new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(2));
    }

    private static final class Deadline {
        private final long end;

        Deadline(Duration timeout) {
            this.end = System.nanoTime() + timeout.toNanos();
        }

        Duration remaining() {
            return Duration.ofNanos(Math.max(1, end - System.nanoTime()));
        }

        boolean isOver() {
            return end - System.nanoTime() <= 0;
        }
    }
}
