package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.store.Znodes.Znode;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooKeeper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an ephemeral znode of this replica, made anew with each session. One left by a predecessor with the same state directory is replaced: the lock
 * of that directory says that it is dead.
 */
final class ReplicaRegistration implements Connection.Listener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ReplicaRegistration.class);
    private static final CrashPoint REGISTERED = CrashPoint.of("store.replica-registered");
    private static final long RETRY_MILLIS = 500;

    private final Znodes znodes;
    private final String path;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("store-registration").factory());
    private final CompletableFuture<Void> first = new CompletableFuture<>();

    ReplicaRegistration(Znodes znodes, String replica) {
        this.znodes = requireNonNull(znodes, "znodes is null");
        this.path = StorePaths.REPLICAS + "/" + replica;
    }

    /** Completes when this replica has been registered once. */
    CompletableFuture<Void> first() {
        return first;
    }

    @Override
    public void connected(ZooKeeper handle) {
        run(() -> register(handle), 0);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private void register(ZooKeeper handle) {
        try {
            if (!znodes.create(path, new byte[0], CreateMode.EPHEMERAL)) {
                Optional<Znode> found = znodes.readSynced(path);
                if (found.isPresent() && found.get().stat().getEphemeralOwner() == handle.getSessionId()) {
                    return;
                }
                log.info("Replacing the registration of an earlier session of this replica");
                znodes.delete(path);
                znodes.create(path, new byte[0], CreateMode.EPHEMERAL);
            }
            REGISTERED.reach();
            first.complete(null);
        } catch (StoreException e) {
            log.debug("Not registered yet: {}", e.getMessage());
            run(
                    () -> {
                        if (handle.getState().isConnected()) {
                            register(handle);
                        }
                    },
                    RETRY_MILLIS);
        }
    }

    private void run(Runnable task, long delayMillis) {
        try {
            thread.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            log.debug("Closed", closed);
        }
    }
}
