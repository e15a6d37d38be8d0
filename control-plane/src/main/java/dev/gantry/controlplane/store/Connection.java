package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.zookeeper.StoreCredential;
import dev.gantry.controlplane.zookeeper.ZooKeeperLimits;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.AsyncCallback.MultiCallback;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to the ensemble. Curator keeps a session alive and tells when it is suspended or lost; requests go to ZooKeeper's own handle, since an
 * answer that was lost must reach the caller rather than be retried for it. {@code throws Exception} stops here. Safe for use by many threads.
 */
class Connection implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);
    private static final int RETRY_MILLIS = 250;

    private final CuratorFramework curator;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final List<ACL> acl;
    private final Duration sessionTimeout;

    Connection(String connectString, StoreCredential credential, Duration sessionTimeout) {
        ZooKeeperLimits.install();
        this.sessionTimeout = requireNonNull(sessionTimeout, "sessionTimeout is null");
        this.acl = credential.acl();
        this.curator = CuratorFrameworkFactory.builder()
                .connectString(connectString)
                .authorization(StoreCredential.SCHEME, credential.authentication())
                .sessionTimeoutMs((int) sessionTimeout.toMillis())
                .connectionTimeoutMs((int) sessionTimeout.toMillis())
                .retryPolicy(new RetryForever(RETRY_MILLIS))
                .zkClientConfig(ZooKeeperLimits.clientConfig())
                .ensembleTracker(false)
                .dontUseContainerParents()
                .build();
        curator.getConnectionStateListenable().addListener((client, state) -> changed(state));
    }

    void start() {
        curator.start();
    }

    /** Hears of changes on a thread of the connection; called at once when connected already. */
    void listen(Listener listener) {
        listeners.add(listener);
        if (connected()) {
            listener.connected(handle());
        }
    }

    /** What every znode that this store makes carries. */
    List<ACL> acl() {
        return acl;
    }

    Duration sessionTimeout() {
        return sessionTimeout;
    }

    boolean connected() {
        return curator.getZookeeperClient().isConnected();
    }

    /** @return whether it is connected */
    boolean awaitConnected(Duration timeout) {
        try {
            return connected()
                    || curator.blockUntilConnected(
                            Math.toIntExact(Math.max(1, timeout.toMillis())), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Unavailable("interrupted while waiting for the store's connection", e);
        }
    }

    /**
     * The handle of the session that is now.
     *
     * @throws StoreException.Unavailable when there is none
     */
    ZooKeeper handle() {
        try {
            return curator.getZookeeperClient().getZooKeeper();
        } catch (Exception e) {
            throw new StoreException.Unavailable("the store is not reachable: no session with ZooKeeper", e);
        }
    }

    /**
     * Sends operations, all of them writes or all reads, and waits for the answer.
     *
     * @throws StoreException.Unavailable when they could not even be sent
     */
    Answer multi(List<Op> operations, Duration timeout) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        send(handle(), operations, (rc, path, context, results) -> answer.complete(new Answer(rc, results)));
        return await(answer, timeout);
    }

    /** The one place from which transactions leave: a test puts its faults here. */
    void send(ZooKeeper handle, List<Op> operations, MultiCallback callback) {
        handle.multi(operations, callback, null);
    }

    /** After this, reads on this session see everything that was acknowledged to anyone before. */
    boolean sync(Duration timeout) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        handle().sync(StorePaths.ROOT, (rc, path, context) -> answer.complete(new Answer(rc, List.of())), null);
        return await(answer, timeout).code() == Code.OK;
    }

    @Override
    public void close() {
        curator.close();
    }

    static <T> T await(CompletableFuture<T> answer, Duration timeout, T otherwise) {
        try {
            return answer.get(Math.max(1, timeout.toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return otherwise;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return otherwise;
        } catch (ExecutionException e) {
            throw new IllegalStateException("an answer of ZooKeeper's can't be read", e);
        }
    }

    private static Answer await(CompletableFuture<Answer> answer, Duration timeout) {
        return await(answer, timeout, Answer.NONE);
    }

    private void changed(ConnectionState state) {
        log.info("The connection to the store is {}", state);
        for (Listener listener : listeners) {
            try {
                switch (state) {
                    case CONNECTED, RECONNECTED -> listener.connected(handle());
                    case SUSPENDED -> listener.suspended();
                    case LOST -> listener.lost();
                    case READ_ONLY -> log.warn("The ensemble has lost its quorum");
                }
            } catch (StoreException.Unavailable e) {
                log.debug("Gone again", e);
            }
        }
    }

    interface Listener {
        /** A session is open: a new one when the handle is. */
        default void connected(ZooKeeper handle) {}

        /** No server answers; the session may still live. */
        default void suspended() {}

        /** The session is over: its ephemerals are gone or soon will be. */
        default void lost() {}
    }

    /**
     * @param rc ZooKeeper's code: the first failing operation's, or the whole request's
     * @param results one an operation; null when there was no answer
     */
    record Answer(int rc, @Nullable List<OpResult> results) {
        static final Answer NONE = new Answer(Code.OPERATIONTIMEOUT.intValue(), null);

        Code code() {
            Code code = Code.get(rc);
            return code == null ? Code.SYSTEMERROR : code;
        }
    }
}
