package dev.gantry.controlplane.store;

import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/** Those who wait for the cache to reach a revision, woken in order and only when theirs has come. Safe for use by many threads. */
final class RevisionWaiters {
    private final PriorityQueue<Waiter> waiters =
            new PriorityQueue<>((left, right) -> Long.compare(left.revision, right.revision));

    synchronized Waiter add(long revision) {
        Waiter waiter = new Waiter(revision);
        waiters.add(waiter);
        return waiter;
    }

    synchronized void remove(Waiter waiter) {
        waiters.remove(waiter);
    }

    synchronized void reached(long revision) {
        for (Waiter first = waiters.peek(); first != null && first.revision <= revision; first = waiters.peek()) {
            waiters.poll();
            first.reached.complete(null);
        }
    }

    synchronized void fail(StoreException reason) {
        waiters.forEach(waiter -> waiter.reached.completeExceptionally(reason));
        waiters.clear();
    }

    static final class Waiter {
        private final long revision;
        private final CompletableFuture<Void> reached = new CompletableFuture<>();

        private Waiter(long revision) {
            this.revision = revision;
        }

        CompletableFuture<Void> future() {
            return reached;
        }
    }
}
