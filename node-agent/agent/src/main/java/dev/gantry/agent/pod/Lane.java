package dev.gantry.agent.pod;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after the other, in order, on a thread that exists while there are any. For work that may wait for ever on a file system: a platform
 * thread, since a virtual one would take its carrier with it.
 */
final class Lane {
    private static final Logger log = LoggerFactory.getLogger(Lane.class);

    private final String name;
    private final boolean platform;
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private @Nullable Thread running;
    private boolean closed;

    private Lane(String name, boolean platform) {
        this.name = name;
        this.platform = platform;
    }

    static Lane virtual(String name) {
        return new Lane(name, false);
    }

    static Lane platform(String name) {
        return new Lane(name, true);
    }

    synchronized void submit(Runnable task) {
        if (closed) {
            return;
        }
        tasks.add(task);
        if (running == null) {
            Thread.Builder thread = platform ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
            running = thread.name(name).start(this::run);
        }
    }

    /** Begins no further task. */
    synchronized void close() {
        closed = true;
        tasks.clear();
    }

    /**
     * Waits for the task that runs when this is closed: it may be in the midst of writing.
     *
     * @return false when it still runs: it may for ever
     */
    boolean awaitEnd(Duration patience) throws InterruptedException {
        Thread last;
        synchronized (this) {
            last = running;
        }
        return last == null || last.join(patience);
    }

    private void run() {
        for (Runnable task = next(); task != null; task = next()) {
            try {
                task.run();
            } catch (RuntimeException e) {
                log.error("A task of lane {} failed", name, e);
            }
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable task = tasks.poll();
        if (task == null) {
            running = null;
        }
        return task;
    }
}
