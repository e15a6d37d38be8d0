package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.store.Connection.Answer;
import dev.gantry.controlplane.store.Znodes.Znode;
import dev.gantry.controlplane.zookeeper.ZooKeeperLimits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what every store has, as far as it is missing: several replicas may start at once on an empty ensemble, and each may die at any step. {@code
 * /gantry/meta} comes last, so that a store with one is whole.
 */
final class StoreBootstrap {
    private static final Logger log = LoggerFactory.getLogger(StoreBootstrap.class);
    private static final CrashPoint ROOT_MADE = CrashPoint.of("store.root-made");
    private static final CrashPoint DICTIONARY_MADE = CrashPoint.of("store.dictionary-made");
    private static final CrashPoint META_MADE = CrashPoint.of("store.meta-made");
    private static final int DICTIONARY_SEED = 20_01;
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(5);

    private final Connection connection;
    private final Znodes znodes;

    StoreBootstrap(Connection connection, Znodes znodes) {
        this.connection = requireNonNull(connection, "connection is null");
        this.znodes = requireNonNull(znodes, "znodes is null");
    }

    /**
     * A store that is whole is only read: a restart writes nothing.
     *
     * @param ours whether the whole server is this store's
     * @throws StoreException.Unavailable when the ensemble is not reachable
     * @throws StoreException.Misconfigured when it belongs to another credential
     */
    StoreMeta prepare(boolean ours) {
        Optional<Znode> meta = znodes.readSynced(StorePaths.META);
        if (meta.isEmpty()) {
            if (ours) {
                closeRoot();
            }
            make();
            meta = znodes.readSynced(StorePaths.META);
        }
        return StoreMeta.decode(meta.orElseThrow(() -> new IllegalStateException(
                        "%s is gone: someone else writes beneath %s".formatted(StorePaths.META, StorePaths.ROOT)))
                .data());
    }

    private void make() {
        if (znodes.create(StorePaths.ROOT, new byte[0], CreateMode.PERSISTENT)) {
            log.info("Making a new store");
        }
        for (String path : List.of(
                StorePaths.OBJECTS,
                StorePaths.DICTIONARIES,
                StorePaths.REPLICAS,
                StorePaths.LEADER,
                StorePaths.BARRIER)) {
            znodes.create(path, new byte[0], CreateMode.PERSISTENT);
        }
        ROOT_MADE.reach();
        byte[] dictionary = DictionaryTraining.train(DICTIONARY_SEED);
        int id = Dictionaries.id(dictionary);
        znodes.create(dictionaryPath(id), dictionary, CreateMode.PERSISTENT);
        DICTIONARY_MADE.reach();
        StoreMeta made = new StoreMeta(UUID.randomUUID().toString(), 0, 0, id);
        znodes.create(StorePaths.META, made.encode(), CreateMode.PERSISTENT);
        META_MADE.reach();
    }

    /** The dictionaries of the store. */
    Dictionaries dictionaries(StoreMeta meta) {
        byte[] current = znodes.readSynced(dictionaryPath(meta.dictionary()))
                .orElseThrow(() ->
                        new IllegalStateException("dictionary %d is not in the store; one in use must never be deleted"
                                .formatted(meta.dictionary())))
                .data();
        return new Dictionaries(
                current,
                id -> znodes.readSynced(dictionaryPath(id)).map(Znode::data).orElse(null));
    }

    /**
     * Tries what this store needs of an ensemble that others run: requests of 4 MiB, and watch events that tell their transaction.
     *
     * @throws StoreException.Misconfigured saying what to set
     */
    void probe() {
        ZooKeeper handle = connection.handle();
        CompletableFuture<WatchedEvent> told = new CompletableFuture<>();
        Watcher watcher = event -> {
            if (event.getType() != Watcher.Event.EventType.None) {
                told.complete(event);
            }
        };
        CompletableFuture<Integer> watching = new CompletableFuture<>();
        String path = StorePaths.PROBE + "-" + UUID.randomUUID();
        handle.addWatch(
                path,
                watcher,
                AddWatchMode.PERSISTENT_RECURSIVE,
                (rc, watched, context) -> watching.complete(rc),
                null);
        int rc = Connection.await(watching, PROBE_PATIENCE, Code.OPERATIONTIMEOUT.intValue());
        if (rc == Code.CONNECTIONLOSS.intValue() || rc == Code.OPERATIONTIMEOUT.intValue()) {
            throw Znodes.unreachable(Code.get(rc));
        }
        if (rc != Code.OK.intValue()) {
            throw new StoreException.Misconfigured(
                    "the ensemble does not take persistent recursive watches (%s): ZooKeeper 3.9.2 or later is needed, upgrade it"
                            .formatted(Code.get(rc)));
        }
        probeSize(path);
        WatchedEvent none = new WatchedEvent(
                Watcher.Event.EventType.None, Watcher.Event.KeeperState.Disconnected, null, WatchedEvent.NO_ZXID);
        if (Connection.await(told, PROBE_PATIENCE, none).getZxid() == WatchedEvent.NO_ZXID) {
            throw new StoreException.Misconfigured(
                    "the ensemble's watch events don't carry their transaction: ZooKeeper 3.9.2 or later is needed, upgrade it");
        }
        handle.removeWatches(path, watcher, Watcher.WatcherType.Any, true, (code, watched, context) -> {}, null);
    }

    /**
     * A member with a smaller limit closes the connection, which may also be lost for another reason: so it must happen twice, while a small request
     * gets through.
     */
    private void probeSize(String path) {
        for (int attempt = 1; ; attempt++) {
            Answer answer = makeAndDelete(path, Transaction.MAX_BYTES);
            if (answer.code() == Code.OK) {
                return;
            }
            if (answer.results() != null) {
                throw Znodes.unreachable(answer.code());
            }
            if (!smallRequestGetsThrough(path)) {
                throw Znodes.unreachable(answer.code());
            }
            if (attempt == 2) {
                throw new StoreException.Misconfigured(
                        "the ensemble drops requests of 4 MiB (%s): set -Djute.maxbuffer=%d in SERVER_JVMFLAGS of every member and restart it"
                                .formatted(answer.code(), ZooKeeperLimits.SERVER_BUFFER_BYTES));
            }
        }
    }

    /** A connection that was just closed counts as one until its end has been noticed: what is lost with it is sent again. */
    private boolean smallRequestGetsThrough(String path) {
        long deadline = System.nanoTime() + PROBE_PATIENCE.toNanos();
        do {
            Answer answer = connection.awaitConnected(PROBE_PATIENCE) ? makeAndDelete(path, 0) : Answer.NONE;
            if (answer.code() != Code.CONNECTIONLOSS) {
                return answer.code() == Code.OK;
            }
        } while (System.nanoTime() < deadline);
        return false;
    }

    /** In one transaction, so that nothing stays, whatever happens. */
    private Answer makeAndDelete(String path, int bytes) {
        return connection.multi(
                List.of(Op.create(path, new byte[bytes], connection.acl(), CreateMode.PERSISTENT), Op.delete(path, -1)),
                PROBE_PATIENCE);
    }

    /** On a server that is ours alone, the root, too, belongs to the credential. */
    private void closeRoot() {
        for (String path : List.of("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config")) {
            CompletableFuture<Integer> done = new CompletableFuture<>();
            connection.handle().setACL(path, connection.acl(), -1, (rc, of, context, stat) -> done.complete(rc), null);
            int rc = done.completeOnTimeout(
                            Code.OPERATIONTIMEOUT.intValue(), PROBE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
            if (rc == Code.NOAUTH.intValue()) {
                log.debug("{} is the server's own and read-only", path);
            } else if (rc != Code.OK.intValue()) {
                throw Znodes.unreachable(Code.get(rc));
            }
        }
    }

    private static String dictionaryPath(int id) {
        return StorePaths.DICTIONARIES + "/" + id;
    }
}
