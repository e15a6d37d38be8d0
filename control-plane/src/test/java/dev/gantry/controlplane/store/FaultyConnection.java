package dev.gantry.controlplane.store;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.AsyncCallback.MultiCallback;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooKeeper;

/** Loses what a test tells it to, once. */
final class FaultyConnection extends Connection {
    private final AtomicReference<Fault> next = new AtomicReference<>(Fault.NONE);

    FaultyConnection(Store.Options options) {
        super(options.connectString(), options.credential(), Duration.ofSeconds(4));
    }

    /** The next transaction. */
    void next(Fault fault) {
        next.set(fault);
    }

    @Override
    void send(ZooKeeper handle, List<Op> operations, MultiCallback callback) {
        boolean writes = operations.getFirst().getKind() == Op.OpKind.TRANSACTION;
        Fault fault = writes ? next.getAndSet(Fault.NONE) : Fault.NONE;
        fault.send(this, handle, operations, callback);
    }

    private void really(ZooKeeper handle, List<Op> operations, MultiCallback callback) {
        super.send(handle, operations, callback);
    }

    private static void lose(MultiCallback callback) {
        callback.processResult(Code.CONNECTIONLOSS.intValue(), null, null, null);
    }

    interface Fault {
        Fault NONE = (connection, handle, operations, callback) -> connection.really(handle, operations, callback);
        Fault LOSE_REQUEST = (connection, handle, operations, callback) -> lose(callback);
        Fault LOSE_ANSWER = loseAnswerAfter(() -> {});

        /** Nothing is sent, and no answer comes. */
        static Fault hang(CountDownLatch hanging) {
            return (connection, handle, operations, callback) -> hanging.countDown();
        }

        /** The transaction happens, then something else, then the connection is lost. */
        static Fault loseAnswerAfter(Runnable somethingElse) {
            return (connection, handle, operations, callback) -> connection.really(
                    handle,
                    operations,
                    (rc, path, context, results) -> Thread.ofVirtual().start(() -> {
                        somethingElse.run();
                        lose(callback);
                    }));
        }

        void send(FaultyConnection connection, ZooKeeper handle, List<Op> operations, MultiCallback callback);
    }
}
