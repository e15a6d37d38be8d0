package dev.gantry.controlplane.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Events of the watch in the order of their transactions, each waiting until its znode has been read. What is ready is given out only as a whole that is
 * true at one revision: a read may have found a version later than its event's, and then everything up to that version goes out together. Not safe for
 * use by many threads.
 *
 * <p>It rests on the order of one ZooKeeper connection: all notifications of a transaction come before the answer to any read that has seen it.
 */
final class PendingEvents {
    private final ArrayDeque<Pending> queue = new ArrayDeque<>();

    /** An event whose znode must be read. */
    Pending add(long zxid, String path, boolean deletion) {
        Pending pending = new Pending(zxid, path, deletion);
        queue.addLast(pending);
        return pending;
    }

    /** An event that only moves the revision on. */
    void addRead(long zxid, String path) {
        add(zxid, path, false).read(null, zxid);
    }

    /** Everything that is ready, up to {@code atLeast} and then as far as what was read there demands; empty while some of that is unread. */
    Optional<Ready> ready(long atLeast) {
        long upTo = atLeast;
        int taken = 0;
        for (Pending pending : queue) {
            if (pending.zxid > upTo) {
                break;
            }
            if (!pending.read) {
                return Optional.empty();
            }
            upTo = Math.max(upTo, pending.dataZxid);
            taken++;
        }
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < taken; i++) {
            Change change = queue.removeFirst().change;
            if (change != null) {
                changes.add(change);
            }
        }
        changes.sort(Comparator.comparingLong(Change::revision));
        return Optional.of(new Ready(changes, upTo));
    }

    /** As {@link #ready(long)} from the first event on; empty also when there is none. */
    Optional<Ready> ready() {
        Pending first = queue.peekFirst();
        return first == null ? Optional.empty() : ready(first.zxid);
    }

    void clear() {
        queue.clear();
    }

    int size() {
        return queue.size();
    }

    /**
     * @param changes in revision order
     * @param upTo the zxid that they are complete for
     */
    record Ready(List<Change> changes, long upTo) {}

    static final class Pending {
        private final long zxid;
        private final String path;
        private final boolean deletion;
        private @Nullable Change change;
        private long dataZxid;
        private boolean read;

        private Pending(long zxid, String path, boolean deletion) {
            this.zxid = zxid;
            this.path = path;
            this.deletion = deletion;
        }

        /** The event was that the znode is gone. */
        boolean deletion() {
            return deletion;
        }

        long zxid() {
            return zxid;
        }

        String path() {
            return path;
        }

        /**
         * @param found what the znode holds; null when that is nothing to tell
         * @param foundZxid of the transaction that left it so, or the event's own
         */
        void read(@Nullable Change found, long foundZxid) {
            change = found;
            dataZxid = Math.max(zxid, foundZxid);
            read = true;
        }
    }
}
