package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.Connection.Answer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.GetChildrenResult;
import org.apache.zookeeper.OpResult.GetDataResult;
import org.apache.zookeeper.ZooKeeper;

/**
 * Reads the whole tree by multi-reads in batches, a few under way at a time. Not a snapshot: whoever uses it sets a watch before and adds what the watch
 * told meanwhile. For one use by one thread.
 */
final class TreeReader {
    private static final int UNDER_WAY = 4;
    private static final int LISTINGS_IN_A_BATCH = 16;

    private final ZooKeeper handle;
    private final ZnodeReading reading;
    private final int batch;
    private final List<Change> changes = new ArrayList<>();
    private final Set<ObjectKey> present = new HashSet<>();
    private long zxid;

    /** @param batch objects in a multi-read; smaller after a reply was too large for the client's buffer */
    TreeReader(ZooKeeper handle, ZnodeReading reading, int batch) {
        this.handle = requireNonNull(handle, "handle is null");
        this.reading = requireNonNull(reading, "reading is null");
        this.batch = batch;
    }

    /** Blocks until all is read, or fails with {@link KeeperException}. */
    Tree read() throws KeeperException, InterruptedException {
        zxid = handle.setData(StorePaths.BARRIER, new byte[0], -1).getMzxid();
        List<String> groups = children(List.of(StorePaths.OBJECTS));
        List<String> resources = children(groups);
        List<String> namespaces = children(resources);
        List<String> objects = children(namespaces);
        inBatches(objects, batch, Op::getData, this::found);
        Set<String> replicas = Set.copyOf(handle.getChildren(StorePaths.REPLICAS, false));
        return new Tree(changes, present, replicas, zxid);
    }

    private List<String> children(List<String> parents) throws KeeperException, InterruptedException {
        List<String> found = new ArrayList<>();
        inBatches(parents, LISTINGS_IN_A_BATCH, Op::getChildren, (parent, result) -> {
            if (result instanceof GetChildrenResult children) {
                children.getChildren().forEach(child -> found.add(parent + "/" + child));
            }
        });
        return found;
    }

    private void found(String path, OpResult result) {
        Optional<ObjectKey> key = StorePaths.key(path);
        if (key.isPresent() && result instanceof GetDataResult data) {
            present.add(key.get());
            zxid = Math.max(zxid, data.getStat().getMzxid());
            reading.found(path, key.get(), data.getData(), data.getStat()).ifPresent(changes::add);
        }
    }

    private void inBatches(
            List<String> paths,
            int size,
            java.util.function.Function<String, Op> operation,
            BiConsumer<String, OpResult> each)
            throws KeeperException, InterruptedException {
        Queue<Batch> underWay = new ArrayDeque<>();
        for (int from = 0; from < paths.size() || !underWay.isEmpty(); ) {
            if (from < paths.size() && underWay.size() < UNDER_WAY) {
                List<String> part = paths.subList(from, Math.min(from + size, paths.size()));
                underWay.add(send(part, part.stream().map(operation).toList()));
                from += part.size();
                continue;
            }
            Batch oldest = underWay.remove();
            List<OpResult> results = answered(oldest.answer());
            for (int i = 0; i < results.size(); i++) {
                each.accept(oldest.paths().get(i), results.get(i));
            }
        }
    }

    private Batch send(List<String> paths, List<Op> operations) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        handle.multi(operations, (rc, path, context, results) -> answer.complete(new Answer(rc, results)), null);
        return new Batch(paths, answer);
    }

    private static List<OpResult> answered(CompletableFuture<Answer> pending) throws KeeperException {
        try {
            Answer answer = pending.join();
            List<OpResult> results = answer.results();
            if (results == null) {
                throw KeeperException.create(answer.code());
            }
            return results;
        } catch (CompletionException e) {
            throw KeeperException.create(Code.SYSTEMERROR);
        }
    }

    private record Batch(List<String> paths, CompletableFuture<Answer> answer) {}

    /**
     * @param changes what was found, in no order, tombstones too
     * @param present every object that has a znode
     * @param replicas that are registered
     * @param zxid at least the tree is read up to there; some of it later
     */
    record Tree(List<Change> changes, Set<ObjectKey> present, Set<String> replicas, long zxid) {}
}
