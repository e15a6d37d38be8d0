package dev.gantry.agent.pod;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the copies on disk up with what changed, on a thread of its own, so that no start of a container waits for a sync. Changes that come while one
 * copy is written share the next. What a power loss takes, the leader's snapshot brings back.
 */
final class DiskCopies implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DiskCopies.class);
    private static final long RETRY_SECONDS = 10;

    private final PodStore store;
    private final Function<String, Optional<StoredPod>> pods;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Boolean> dirty = new LinkedHashMap<>();
    private long revision;
    private long writtenRevision;
    private boolean closed;
    private final Thread thread;

    /** @param pods what to write for a uid; empty for a pod that is forgotten */
    DiskCopies(PodStore store, Function<String, Optional<StoredPod>> pods) {
        this.store = store;
        this.pods = pods;
        this.thread = Thread.ofPlatform().daemon().name("pod-disk-copies").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void podChanged(String uid) {
        locked(() -> dirty.put(uid, true));
    }

    void revisionChanged(long now) {
        locked(() -> revision = Math.max(revision, now));
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (true) {
                if (!writeNext()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean writeNext() throws InterruptedException {
        String uid;
        long revisionNow;
        lock.lock();
        try {
            while (dirty.isEmpty() && revision == writtenRevision) {
                if (closed) {
                    return false;
                }
                changed.await();
            }
            uid = dirty.isEmpty() ? "" : dirty.keySet().iterator().next();
            dirty.remove(uid);
            revisionNow = revision;
        } finally {
            lock.unlock();
        }
        try {
            write(uid, revisionNow);
        } catch (IOException e) {
            log.warn("A pod's copy on disk could not be written; trying again in {} s", RETRY_SECONDS, e);
            retryLater(uid);
        }
        return true;
    }

    private void write(String uid, long revisionNow) throws IOException {
        if (!uid.isEmpty()) {
            store.copyToDisk(() -> pods.apply(uid));
        } else {
            store.copyRevisionToDisk(revisionNow);
            locked(() -> writtenRevision = revisionNow);
        }
    }

    private void retryLater(String uid) throws InterruptedException {
        lock.lock();
        try {
            if (!uid.isEmpty()) {
                dirty.put(uid, true);
            }
            if (!closed) {
                changed.await(RETRY_SECONDS, TimeUnit.SECONDS);
            } else {
                dirty.clear();
                writtenRevision = revision;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Writes what is left, then ends; gives up on a disk that does not take it. */
    @Override
    public void close() throws InterruptedException {
        locked(() -> closed = true);
        thread.join(TimeUnit.SECONDS.toMillis(10));
        if (thread.isAlive()) {
            thread.interrupt();
            thread.join(TimeUnit.SECONDS.toMillis(1));
        }
    }

    /** Ends at once and writes nothing more, as a death of the process would. */
    void abandon() throws InterruptedException {
        thread.interrupt();
        thread.join(TimeUnit.SECONDS.toMillis(10));
    }
}
