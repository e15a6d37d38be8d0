package dev.gantry.agent.registry;

import dev.gantry.agent.image.Workspace;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/** Lets a layer come here once, however many images want it, and only so many layers at a time. */
final class LayerGate {
    private final Semaphore places;
    private final Map<Digest, Entry> underWay = new HashMap<>();

    /** @param capacity layers at a time */
    LayerGate(int capacity) {
        this.places = new Semaphore(capacity, true);
    }

    private static final class Entry {
        private final ReentrantLock lock = new ReentrantLock();
        private int users;
    }

    @FunctionalInterface
    interface Transfer {
        void run() throws IOException;
    }

    /**
     * Runs the transfer, unless the layer is here or comes meanwhile; it is the workspace's afterwards.
     *
     * @param none runs instead of the transfer
     */
    void pass(Digest diffId, Workspace workspace, Transfer transfer, Transfer none)
            throws IOException, InterruptedException {
        Entry entry = enter(diffId);
        try {
            entry.lock.lockInterruptibly();
            try {
                if (workspace.find(diffId).isEmpty()) {
                    places.acquire();
                    try {
                        transfer.run();
                    } finally {
                        places.release();
                    }
                } else {
                    none.run();
                }
            } finally {
                entry.lock.unlock();
            }
        } finally {
            leave(diffId, entry);
        }
    }

    private synchronized Entry enter(Digest diffId) {
        Entry entry = underWay.computeIfAbsent(diffId, key -> new Entry());
        entry.users++;
        return entry;
    }

    private synchronized void leave(Digest diffId, Entry entry) {
        entry.users--;
        if (entry.users == 0) {
            underWay.remove(diffId);
        }
    }
}
