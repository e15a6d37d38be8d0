package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.Connection.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.ErrorResult;
import org.apache.zookeeper.OpResult.GetChildrenResult;
import org.apache.zookeeper.OpResult.GetDataResult;
import org.apache.zookeeper.OpResult.SetDataResult;
import org.apache.zookeeper.data.Stat;

/** Single znodes, each call with a deadline and with the store's own errors. Safe for use by many threads. */
final class Znodes {
    private final Connection connection;
    private final Duration timeout;

    Znodes(Connection connection, Duration timeout) {
        this.connection = requireNonNull(connection, "connection is null");
        this.timeout = requireNonNull(timeout, "timeout is null");
    }

    /** Reads after a {@code sync}: everything acknowledged before is seen. */
    Optional<Znode> readSynced(String path) {
        return readAllSynced(List.of(path)).getFirst();
    }

    /** In the order of {@code paths}. */
    List<Optional<Znode>> readAllSynced(List<String> paths) {
        if (!connection.sync(timeout)) {
            throw unreachable(Code.CONNECTIONLOSS);
        }
        List<Optional<Znode>> found = new ArrayList<>();
        for (OpResult result : answered(paths.stream().map(Op::getData).toList())) {
            switch (result) {
                case GetDataResult data -> found.add(Optional.of(new Znode(data.getData(), data.getStat())));
                case ErrorResult error when error.getErr() == Code.NONODE.intValue() -> found.add(Optional.empty());
                case ErrorResult error -> throw unreachable(Code.get(error.getErr()));
                default -> throw new IllegalStateException("a read was answered by %s".formatted(result));
            }
        }
        return found;
    }

    /** Empty when there is no such znode. */
    List<String> children(String path) {
        return answered(List.of(Op.getChildren(path))).getFirst() instanceof GetChildrenResult children
                ? children.getChildren()
                : List.of();
    }

    /** @return whether this call made it; false when it is there already */
    boolean create(String path, byte[] value, CreateMode mode) {
        Answer answer = connection.multi(List.of(Op.create(path, value, connection.acl(), mode)), timeout);
        return switch (answer.code()) {
            case OK -> true;
            case NODEEXISTS -> false;
            default -> throw unreachable(answer.code());
        };
    }

    /**
     * @return the new version; empty when {@code expected} is not the version
     * @throws StoreException.OutcomeUnknown when it may have happened
     */
    Optional<Integer> set(String path, byte[] value, int expected) {
        Answer answer = connection.multi(List.of(Op.setData(path, value, expected)), timeout);
        List<OpResult> results = answer.results();
        if (results == null) {
            throw new StoreException.OutcomeUnknown(
                    "no answer to a write of %s".formatted(path), unreachable(answer.code()));
        }
        if (results.getFirst() instanceof SetDataResult set) {
            return Optional.of(set.getStat().getVersion());
        }
        if (answer.code() == Code.BADVERSION) {
            return Optional.empty();
        }
        throw unreachable(answer.code());
    }

    /** Whatever its version; nothing happens when there is none. */
    void delete(String path) {
        Answer answer = connection.multi(List.of(Op.delete(path, -1)), timeout);
        if (answer.code() != Code.OK && answer.code() != Code.NONODE) {
            throw unreachable(answer.code());
        }
    }

    static StoreException.Unavailable unreachable(Code code) {
        return switch (code) {
            case NOAUTH, AUTHFAILED, INVALIDACL, SESSIONCLOSEDREQUIRESASLAUTH ->
                new StoreException.Misconfigured(
                        "ZooKeeper refuses the store's credential (%s): this state directory is not of the control plane that made the store"
                                .formatted(code));
            default -> new StoreException.Unavailable("the store is not reachable: ZooKeeper says %s".formatted(code));
        };
    }

    private List<OpResult> answered(List<Op> reads) {
        Answer answer = connection.multi(reads, timeout);
        List<OpResult> results = answer.results();
        if (results == null) {
            throw unreachable(answer.code());
        }
        return results;
    }

    record Znode(byte[] data, Stat stat) {}
}
