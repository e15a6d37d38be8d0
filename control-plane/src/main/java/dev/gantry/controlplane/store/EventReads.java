package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.PendingEvents.Pending;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.ErrorResult;
import org.apache.zookeeper.OpResult.GetDataResult;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/**
 * The reads that events ask for: a few multi-reads under way, events of one znode that wait together sharing a read. A batch is so small that its reply
 * fits the client's buffer with objects of the largest size. Not safe for use by many threads, but for the callback, which comes on the connection's.
 */
final class EventReads {
    private static final int BATCH = 20;
    private static final int UNDER_WAY = 8;

    private final ZooKeeper handle;
    private final ZnodeReading reading;
    private final Callback callback;
    private final Map<String, List<Pending>> waiting = new LinkedHashMap<>();
    private int underWay;

    EventReads(ZooKeeper handle, ZnodeReading reading, Callback callback) {
        this.handle = requireNonNull(handle, "handle is null");
        this.reading = requireNonNull(reading, "reading is null");
        this.callback = requireNonNull(callback, "callback is null");
    }

    void add(Pending pending) {
        waiting.computeIfAbsent(pending.path(), path -> new ArrayList<>(1)).add(pending);
        send();
    }

    /** Gives each event of a finished batch what its znode holds, and sends the next. */
    void finish(Done done) {
        underWay--;
        List<OpResult> results = requireNonNull(done.results, "results is null");
        for (int i = 0; i < results.size(); i++) {
            for (Pending pending : done.batch.get(i)) {
                resolve(pending, results.get(i));
            }
        }
        send();
    }

    private void send() {
        while (underWay < UNDER_WAY && !waiting.isEmpty()) {
            List<List<Pending>> batch = new ArrayList<>();
            List<Op> operations = new ArrayList<>();
            Iterator<Map.Entry<String, List<Pending>>> next = waiting.entrySet().iterator();
            while (next.hasNext() && batch.size() < BATCH) {
                Map.Entry<String, List<Pending>> entry = next.next();
                operations.add(Op.getData(entry.getKey()));
                batch.add(entry.getValue());
                next.remove();
            }
            underWay++;
            handle.multi(operations, (rc, path, context, results) -> callback.done(rc, new Done(batch, results)), null);
        }
    }

    private void resolve(Pending pending, OpResult result) {
        Optional<ObjectKey> key = StorePaths.key(pending.path());
        if (key.isEmpty()) {
            pending.read(null, pending.zxid());
            return;
        }
        if (result instanceof GetDataResult data) {
            Change change = reading.found(pending.path(), key.get(), data.getData(), data.getStat())
                    .orElse(null);
            pending.read(change, data.getStat().getMzxid());
        } else if (result instanceof ErrorResult error
                && error.getErr() == Code.NONODE.intValue()
                && pending.deletion()) {
            pending.read(reading.gone(key.get(), pending.zxid()), pending.zxid());
        } else {
            // created and gone again, of which an event of its own tells
            pending.read(null, pending.zxid());
        }
    }

    interface Callback {
        void done(int rc, Done done);
    }

    static final class Done {
        private final List<List<Pending>> batch;
        private final @Nullable List<OpResult> results;

        private Done(List<List<Pending>> batch, @Nullable List<OpResult> results) {
            this.batch = batch;
            this.results = results;
        }

        /** Whether there was an answer at all. */
        boolean complete() {
            return results != null && results.size() == batch.size();
        }
    }
}
