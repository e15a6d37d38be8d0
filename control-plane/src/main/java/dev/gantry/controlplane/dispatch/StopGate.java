package dev.gantry.controlplane.dispatch;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * Holds a pod's stop back until no node sends it new connections: every Ready node has applied a service table without it, or two seconds have passed.
 * Safe for use by many threads.
 */
final class StopGate {
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private final ServiceTable table;
    private final LongPredicate appliedEverywhere;
    private final LongSupplier nanoTime;
    private final Consumer<String> opened;
    private final Map<String, Waiting> waiting = new HashMap<>();

    /**
     * @param appliedEverywhere whether every Ready node has applied a revision
     * @param opened called with the uid of a pod that may stop now; must not block
     */
    StopGate(ServiceTable table, LongPredicate appliedEverywhere, LongSupplier nanoTime, Consumer<String> opened) {
        this.table = table;
        this.appliedEverywhere = appliedEverywhere;
        this.nanoTime = nanoTime;
        this.opened = opened;
    }

    private record Waiting(long revision, long deadline, boolean open) {}

    /** The first question takes the pod out of service. */
    boolean mayStop(String podUid) {
        synchronized (this) {
            Waiting known = waiting.get(podUid);
            if (known != null) {
                return known.open() || check(podUid, known);
            }
        }
        // outside of the lock: a new table wakes sessions, whose acknowledgements come back here
        long revision = table.stop(podUid);
        synchronized (this) {
            Waiting entry = new Waiting(revision, nanoTime.getAsLong() + PATIENCE.toNanos(), false);
            waiting.putIfAbsent(podUid, entry);
            return check(podUid, entry);
        }
    }

    /** To be called after acknowledgements, and a few times a second. */
    void recheck() {
        Map<String, Waiting> closed = new HashMap<>();
        synchronized (this) {
            waiting.forEach((uid, entry) -> {
                if (!entry.open()) {
                    closed.put(uid, entry);
                }
            });
            closed.entrySet().removeIf(entry -> !check(entry.getKey(), entry.getValue()));
        }
        closed.keySet().forEach(opened);
    }

    void forget(String podUid) {
        synchronized (this) {
            waiting.remove(podUid);
        }
        table.forget(podUid);
    }

    private boolean check(String podUid, Waiting entry) {
        boolean open = nanoTime.getAsLong() - entry.deadline() >= 0 || appliedEverywhere.test(entry.revision());
        if (open) {
            waiting.put(podUid, new Waiting(entry.revision(), entry.deadline(), true));
        }
        return open;
    }
}
