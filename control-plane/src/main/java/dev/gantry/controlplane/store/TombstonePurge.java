package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.store.Connection.Answer;
import dev.gantry.controlplane.store.Tombstones.Tombstone;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;

/** Deletes the znodes of old tombstones, in batches, each by compare-and-set and under the leader's fence. */
final class TombstonePurge {
    private static final CrashPoint BATCH_PURGED = CrashPoint.of("store.tombstones-purged");
    private static final int BATCH = 100;

    private final Connection connection;
    private final Tombstones tombstones;
    private final long epochBase;
    private final Duration timeout;

    TombstonePurge(Connection connection, Tombstones tombstones, long epochBase, Duration timeout) {
        this.connection = requireNonNull(connection, "connection is null");
        this.tombstones = requireNonNull(tombstones, "tombstones is null");
        this.epochBase = epochBase;
        this.timeout = requireNonNull(timeout, "timeout is null");
    }

    /**
     * @param age those that this replica has known for so long
     * @return how many were deleted
     * @throws StoreException.Deposed when the fence no longer holds
     */
    int purge(Duration age, Fence fence) {
        List<Tombstone> old = tombstones.olderThan(age);
        int purged = 0;
        for (int from = 0; from < old.size(); from += BATCH) {
            List<Tombstone> batch = old.subList(from, Math.min(from + BATCH, old.size()));
            purged += delete(batch, fence);
            BATCH_PURGED.reach();
        }
        return purged;
    }

    /** A batch with one that was created over fails whole: then each alone. */
    private int delete(List<Tombstone> batch, Fence fence) {
        List<Op> operations = new ArrayList<>();
        operations.add(Op.check(StorePaths.LEADER, Math.toIntExact(fence.epoch() - epochBase)));
        for (Tombstone tombstone : batch) {
            operations.add(Op.delete(StorePaths.of(tombstone.key()), tombstone.version()));
        }
        Answer answer = connection.multi(operations, timeout);
        if (answer.code() == Code.OK) {
            return batch.size();
        }
        if (answer.results() == null) {
            throw Znodes.unreachable(answer.code());
        }
        if (batch.size() == 1) {
            if (failedAtFence(answer)) {
                throw new StoreException.Deposed(fence.epoch());
            }
            return 0;
        }
        return batch.stream().mapToInt(one -> delete(List.of(one), fence)).sum();
    }

    private static boolean failedAtFence(Answer answer) {
        return answer.results() != null
                && answer.results().getFirst() instanceof org.apache.zookeeper.OpResult.ErrorResult error
                && error.getErr() == Code.BADVERSION.intValue();
    }
}
