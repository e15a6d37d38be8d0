package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.zookeeper.StoreCredential;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The store of this replica, connected, loaded and registered. Close it before the server that it is connected to. Safe for use by many threads. */
public final class Store implements AutoCloseable {
    private static final Duration FULL_DISK_PATIENCE = Duration.ofSeconds(5);

    private final Connection connection;
    private final StoreMeta meta;
    private final PublishedObjects published;
    private final CacheFeed feed;
    private final ReplicaRegistration registration;
    private final ReplicatedCache cache;
    private final Barrier barrier;
    private final Tombstones tombstones;
    private final ZooKeeperObjectStore objects;
    private final Epochs epochs;
    private final TombstonePurge purge;

    private Store(Options options, Connection connection, StoreMeta meta, ObjectCodec codec, Znodes znodes) {
        this.connection = connection;
        this.meta = meta;
        Revisions revisions = new Revisions(meta.revisionBase());
        this.tombstones = new Tombstones(options.nanoTime());
        this.published = new PublishedObjects(options.limits(), revisions.upTo(0));
        this.feed = new CacheFeed(
                published,
                revisions,
                new ZnodeReading(revisions, codec, tombstones),
                options.nanoTime(),
                options.longestAbsence());
        this.barrier = new Barrier(connection);
        this.cache = new ReplicatedCache(published, feed, barrier, revisions, connection, options.replica());
        this.registration = new ReplicaRegistration(znodes, options.replica());
        this.objects = new ZooKeeperObjectStore(
                connection,
                znodes,
                codec,
                tombstones,
                meta,
                published,
                cache,
                options.writeRefusal(),
                options.timeouts());
        this.epochs = new ZooKeeperEpochs(connection, znodes, cache, feed, meta.epochBase());
        this.purge = new TombstonePurge(
                connection, tombstones, meta.epochBase(), options.timeouts().write());
    }

    /**
     * Connects, makes what is missing, and loads the cache.
     *
     * @throws IOException when keys can't be read
     * @throws StoreException.Misconfigured when the ensemble is not fit; the message says what to do
     * @throws StoreException.Unavailable when it is not reachable
     */
    public static Store open(Options options) throws IOException {
        EncryptionKeys keys = EncryptionKeys.open(options.encryptionKeys());
        Connection connection = options.connections().apply(options);
        try {
            connection.start();
            awaitConnected(connection, options);
            Znodes znodes = new Znodes(connection, options.timeouts().write());
            StoreBootstrap bootstrap = new StoreBootstrap(connection, znodes);
            if (options.external()) {
                bootstrap.probe();
            }
            StoreMeta meta = bootstrap.prepare(!options.external());
            ObjectCodec codec = new ObjectCodec(bootstrap.dictionaries(meta), keys, options.encrypted());
            Store store = new Store(options, connection, meta, codec, znodes);
            try {
                store.join(options);
                return store;
            } catch (RuntimeException | Error e) {
                store.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            connection.close();
            throw e;
        }
    }

    private static void awaitConnected(Connection connection, Options options) {
        long end = System.nanoTime() + options.startPatience().toNanos();
        while (!connection.awaitConnected(FULL_DISK_PATIENCE)) {
            // a server of ours that has no room stays down until somebody makes some
            options.writeRefusal().get().ifPresent(reason -> {
                throw new StoreException.Unavailable(reason);
            });
            if (System.nanoTime() - end > 0) {
                throw new StoreException.Unavailable(
                        "ZooKeeper at %s did not answer within %s; check that it runs and can be reached"
                                .formatted(options.connectString(), options.startPatience()));
            }
        }
    }

    public ObjectStore objects() {
        return objects;
    }

    public ObjectCache cache() {
        return cache;
    }

    public Epochs epochs() {
        return epochs;
    }

    /** Another one after the store was wiped. */
    public String clusterId() {
        return meta.clusterId();
    }

    /** The transaction that the cache has come to, for metrics. */
    public long lastZxid() {
        return new Revisions(meta.revisionBase()).zxid(published.revision());
    }

    /** Whether the cache follows the ensemble; while not, what it answers is stale. */
    public boolean isCurrent() {
        return feed.isCurrent();
    }

    /** Live objects in the cache. */
    public int objectCount() {
        return published.objectCount();
    }

    /** Deletions that are not purged yet. */
    public int tombstoneCount() {
        return tombstones.size();
    }

    /** {@code listener} is called when a write was refused because its epoch was over; it must not block. */
    public void onDeposed(Runnable listener) {
        objects.onDeposed(listener);
    }

    /** Writes refused because their epoch was over. */
    public long deposedWrites() {
        return objects.deposedWrites();
    }

    /** Barrier writes so far. */
    public long barrierWrites() {
        return barrier.writes();
    }

    /** How often the whole tree has been read: once, and after each reconnect. */
    public long loads() {
        return feed.loads();
    }

    /**
     * For the leader: deletes the tombstones that this replica has known for {@code age}.
     *
     * @return how many
     * @throws StoreException.Deposed when the fence no longer holds
     */
    public int purgeTombstones(Duration age, Fence fence) {
        return purge.purge(age, fence);
    }

    @Override
    public void close() {
        registration.close();
        feed.close();
        published.close();
        connection.close();
    }

    private void join(Options options) {
        connection.listen(registration);
        await(registration.first(), options);
        connection.listen(feed);
        await(feed.firstLoad(), options);
        // a feed that has just been interrupted knows of nobody: that is no proof of being alone
        if (!feed.replicas().equals(Set.of(options.replica()))) {
            awaitNoticed();
        }
    }

    /**
     * A replica that was alone until now reads without a barrier until it is told of this one. It is told within a session's timeout, or has no session
     * any more; nothing may be acknowledged here before.
     */
    private void awaitNoticed() {
        CompletableFuture<Void> never = new CompletableFuture<>();
        Connection.await(never.thenApply(nothing -> true), connection.sessionTimeout(), false);
    }

    private static void await(CompletableFuture<Void> step, Options options) {
        try {
            step.get(options.startPatience().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new StoreException.Unavailable(
                    "the store at %s could not be loaded within %s"
                            .formatted(options.connectString(), options.startPatience()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Unavailable("interrupted while loading the store", e);
        }
    }

    /**
     * What a store is opened with.
     *
     * @param connectString {@code host:port,…} of the ensemble
     * @param external whether others run it
     * @param credential that owns every znode
     * @param encryptionKeys file of keys; made when missing
     * @param replica this control plane's name, the same after each restart
     * @param encrypted which objects are encrypted
     * @param writeRefusal why no write would find room now; empty when one would
     */
    public record Options(
            String connectString,
            boolean external,
            StoreCredential credential,
            Path encryptionKeys,
            String replica,
            Predicate<ObjectKey> encrypted,
            Supplier<Optional<String>> writeRefusal,
            Tuning tuning) {
        public Options {
            requireNonNull(connectString, "connectString is null");
            requireNonNull(credential, "credential is null");
            requireNonNull(encryptionKeys, "encryptionKeys is null");
            requireNonNull(replica, "replica is null");
            requireNonNull(encrypted, "encrypted is null");
            requireNonNull(writeRefusal, "writeRefusal is null");
            requireNonNull(tuning, "tuning is null");
        }

        /** With everything as it is in service. */
        public static Options of(
                String connectString,
                boolean external,
                StoreCredential credential,
                Path encryptionKeys,
                String replica) {
            return new Options(
                    connectString,
                    external,
                    credential,
                    encryptionKeys,
                    replica,
                    Options::isSecret,
                    Optional::empty,
                    Tuning.DEFAULT);
        }

        /** What is encrypted unless told otherwise. */
        public static boolean isSecret(ObjectKey key) {
            return key.group().isEmpty() && key.resource().equals("secrets");
        }

        public Options withWriteRefusal(Supplier<Optional<String>> refusal) {
            return new Options(
                    connectString, external, credential, encryptionKeys, replica, encrypted, refusal, tuning);
        }

        Options withTuning(Tuning other) {
            return new Options(
                    connectString, external, credential, encryptionKeys, replica, encrypted, writeRefusal, other);
        }

        EventRing.Limits limits() {
            return tuning.limits();
        }

        LongSupplier nanoTime() {
            return tuning.nanoTime();
        }

        Duration longestAbsence() {
            return tuning.longestAbsence();
        }

        ZooKeeperObjectStore.Timeouts timeouts() {
            return tuning.timeouts();
        }

        Duration startPatience() {
            return tuning.startPatience();
        }

        Function<Options, Connection> connections() {
            return tuning.connections();
        }
    }

    /** Durations, limits and the parts that tests replace. */
    public static final class Tuning {
        static final Tuning DEFAULT = new Tuning();

        private final EventRing.Limits limits;
        private final LongSupplier nanoTime;
        private final Duration longestAbsence;
        private final ZooKeeperObjectStore.Timeouts timeouts;
        private final Function<Options, Connection> connections;

        /** Sessions of 4 s; a minute less than tombstones are kept; all as in service. */
        private Tuning() {
            this(
                    EventRing.Limits.DEFAULT,
                    System::nanoTime,
                    Duration.ofMinutes(9),
                    ZooKeeperObjectStore.Timeouts.DEFAULT,
                    options -> new Connection(options.connectString(), options.credential(), Duration.ofSeconds(4)));
        }

        Tuning(
                EventRing.Limits limits,
                LongSupplier nanoTime,
                Duration longestAbsence,
                ZooKeeperObjectStore.Timeouts timeouts,
                Function<Options, Connection> connections) {
            this.limits = requireNonNull(limits, "limits is null");
            this.nanoTime = requireNonNull(nanoTime, "nanoTime is null");
            this.longestAbsence = requireNonNull(longestAbsence, "longestAbsence is null");
            this.timeouts = requireNonNull(timeouts, "timeouts is null");
            this.connections = requireNonNull(connections, "connections is null");
        }

        EventRing.Limits limits() {
            return limits;
        }

        LongSupplier nanoTime() {
            return nanoTime;
        }

        Duration longestAbsence() {
            return longestAbsence;
        }

        ZooKeeperObjectStore.Timeouts timeouts() {
            return timeouts;
        }

        Duration startPatience() {
            return Duration.ofSeconds(60);
        }

        Function<Options, Connection> connections() {
            return connections;
        }
    }
}
