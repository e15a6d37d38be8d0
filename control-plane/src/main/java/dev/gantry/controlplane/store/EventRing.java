package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.ObjectCache.Event;
import dev.gantry.controlplane.store.ObjectCache.EventType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The recent events of all resources in revision order, bounded in number and bytes. Not safe for use by many threads. */
final class EventRing {
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private final Limits limits;
    private long floor;
    private long retainedBytes;

    EventRing(Limits limits, long floor) {
        this.limits = requireNonNull(limits, "limits is null");
        this.floor = floor;
    }

    /** Everything after this odd revision is kept. */
    long floor() {
        return floor;
    }

    /** A watch or list can start at {@code revision}: no event that it needs has been dropped. */
    boolean reachesBackTo(long revision) {
        return revision >= floor;
    }

    void add(Entry entry) {
        entries.addLast(entry);
        retainedBytes += entry.retainedBytes();
        while (entries.size() > limits.events() || (retainedBytes > limits.bytes() && entries.size() > 1)) {
            dropOldestTransaction();
        }
    }

    void restart(long newFloor) {
        entries.clear();
        retainedBytes = 0;
        floor = newFloor;
    }

    /** The events that a watch from {@code revision} is still to be told, oldest first. */
    List<Entry> after(long revision, Predicate<ObjectKey> wanted) {
        long first = Revisions.includesItself(revision) ? revision : revision + 1;
        List<Entry> found = new ArrayList<>();
        Iterator<Entry> newestFirst = entries.descendingIterator();
        while (newestFirst.hasNext()) {
            Entry entry = newestFirst.next();
            if (entry.revision() < first) {
                break;
            }
            if (wanted.test(entry.object().key())) {
                found.add(entry);
            }
        }
        Collections.reverse(found);
        return found;
    }

    /** Takes {@code objects} back to what they were at {@code revision}. */
    void rewind(NavigableMap<ObjectKey, ObjectVersion> objects, long revision, Predicate<ObjectKey> wanted) {
        Iterator<Entry> newestFirst = entries.descendingIterator();
        while (newestFirst.hasNext()) {
            Entry entry = newestFirst.next();
            if (entry.revision() <= revision) {
                return;
            }
            ObjectKey key = entry.object().key();
            if (!wanted.test(key)) {
                continue;
            }
            if (entry.previous() == null) {
                objects.remove(key);
            } else {
                objects.put(key, entry.previous());
            }
        }
    }

    /** A transaction is dropped whole, so that the floor stays odd and no watch is told half of one. */
    private void dropOldestTransaction() {
        long revision = entries.getFirst().revision();
        while (!entries.isEmpty() && entries.getFirst().revision() == revision) {
            retainedBytes -= entries.removeFirst().retainedBytes();
        }
        floor = revision + 1;
    }

    /**
     * @param events at most so many are kept
     * @param bytes of their contents, likewise
     */
    record Limits(int events, long bytes) {
        static final Limits DEFAULT = new Limits(100_000, 64L << 20);
    }

    record Entry(
            EventType type, ObjectVersion object, @Nullable ObjectVersion previous) {
        long revision() {
            return object.revision();
        }

        int retainedBytes() {
            return object.content().retainedBytes();
        }

        Event decode() {
            ObjectVersion before = previous;
            if (before == null) {
                return new Event(type, object.decode(), null);
            }
            StoredObject beforeDecoded = before.decode();
            StoredObject now = type == EventType.DELETED
                    ? new StoredObject(
                            object.key(), object.uid(), object.revision(), object.version(), beforeDecoded.json())
                    : object.decode();
            return new Event(type, now, beforeDecoded);
        }
    }
}
