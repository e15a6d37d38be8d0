package dev.gantry.controlplane.coordination;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.leader.ConnectionProbe;
import dev.gantry.controlplane.leader.EpochLeadership;
import dev.gantry.controlplane.leader.Leadership;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectStore;
import dev.gantry.controlplane.store.Store;
import dev.gantry.controlplane.zookeeper.EmbeddedZooKeeper;
import dev.gantry.controlplane.zookeeper.StoreCredential;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store, the cache and leadership of one control plane.
 *
 * <p>Order of use: {@link #open}, start serving, {@link #contend} with the addresses that are served, {@link #close} after everything that writes has
 * stopped. Parts may {@linkplain Leadership#register register} at any time. Safe for use by many threads.
 */
public final class StoreService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StoreService.class);

    private final StateDirectoryLock lock;
    private final @Nullable EmbeddedZooKeeper server;
    private final Store store;
    private final EpochLeadership leadership;

    private StoreService(
            StateDirectoryLock lock, @Nullable EmbeddedZooKeeper server, Store store, EpochLeadership leadership) {
        this.lock = requireNonNull(lock, "lock is null");
        this.server = server;
        this.store = requireNonNull(store, "store is null");
        this.leadership = requireNonNull(leadership, "leadership is null");
    }

    /**
     * Starts the embedded server, or checks the ensemble, and loads the cache.
     *
     * @throws ConfigurationException when files or the ensemble's version are not as they must be; the message says what to do
     * @throws IOException when files can't be written, or no member of the ensemble can be reached: later it may work
     * @throws dev.gantry.controlplane.store.StoreException.Misconfigured when the ensemble is not as it must be
     * @throws dev.gantry.controlplane.store.StoreException.Unavailable when the store does not answer
     */
    public static StoreService open(StoreConfig config) throws IOException {
        PrivateFile.createDirectories(config.stateDirectory());
        StateDirectoryLock lock = StateDirectoryLock.take(config.lock());
        EmbeddedZooKeeper server = null;
        try {
            StoreCredential credential = StoreCredential.open(config.credential());
            String replica = ReplicaName.openOrCreate(config.stateDirectory());
            if (config.ensemble().isPresent()) {
                config.ensemble().get().checkMembers();
            } else {
                server = EmbeddedZooKeeper.start(
                        config.snapshotDirectory(), config.logDirectory(), config.port(), config.member());
            }
            Store store = Store.open(options(config, credential, replica, server));
            EpochLeadership leadership = new EpochLeadership(store.epochs(), replica, new ConnectionProbe());
            leadership.register(new TombstonePurgePart(store));
            store.onDeposed(leadership::deposed);
            leadership.start();
            return new StoreService(lock, server, store, leadership);
        } catch (IOException | RuntimeException | Error e) {
            if (server != null) {
                server.close();
            }
            lock.close();
            throw e;
        }
    }

    /** Writes; {@link ObjectStore#cache} reads. */
    public ObjectStore objects() {
        return store.objects();
    }

    public ObjectCache cache() {
        return store.cache();
    }

    public Leadership leadership() {
        return leadership;
    }

    /**
     * Begins to contend for leadership. Only when {@code addresses} answer: a leader that refuses connections counts as dead.
     *
     * @param addresses host:port, where agents, users and other control planes reach this one
     */
    public void contend(List<String> addresses) {
        leadership.contend(addresses);
    }

    /** Gives leadership up at once, and contends no more. Requests are served still. Idempotent. */
    public void resign() {
        leadership.close();
    }

    /** Another one after the store was wiped. */
    public String clusterId() {
        return store.clusterId();
    }

    /** For metrics: the transaction that the cache has come to. */
    public long lastZxid() {
        return store.lastZxid();
    }

    /** For metrics and health: whether the cache follows the ensemble; while not, reads are stale. */
    public boolean isCurrent() {
        return store.isCurrent();
    }

    /** For metrics: writes refused because their epoch was over. */
    public long deposedWrites() {
        return store.deposedWrites();
    }

    /** For metrics: live objects in the cache. */
    public int objectCount() {
        return store.objectCount();
    }

    /** For metrics: deletions that are not purged yet. */
    public int tombstoneCount() {
        return store.tombstoneCount();
    }

    /** host:port of the embedded server, for clients in this process; empty with an external ensemble. */
    public Optional<String> serverConnectString() {
        return Optional.ofNullable(server).map(EmbeddedZooKeeper::connectString);
    }

    /** For metrics: how often the embedded server was started; more than one means that it stopped by itself. Empty without one. */
    public Optional<Integer> serverStarts() {
        return Optional.ofNullable(server).map(EmbeddedZooKeeper::starts);
    }

    /** Gives leadership up, then closes the store, then the embedded server. */
    @Override
    public void close() {
        leadership.close();
        store.close();
        if (server != null) {
            server.close();
        }
        try {
            lock.close();
        } catch (IOException e) {
            log.warn("The lock of the state directory could not be given back; the end of the process does", e);
        }
    }

    private static Store.Options options(
            StoreConfig config, StoreCredential credential, String replica, @Nullable EmbeddedZooKeeper server) {
        if (server != null) {
            return Store.Options.of(server.connectString(), false, credential, config.encryptionKeys(), replica)
                    .withWriteRefusal(server::writeRefusal);
        }
        return Store.Options.of(
                config.ensemble().orElseThrow().connectString(), true, credential, config.encryptionKeys(), replica);
    }
}
