package dev.gantry.agent.pod;

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
    private boolean running;

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
        tasks.add(task);
        if (!running) {
            running = true;
            Thread.Builder thread = platform ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
            thread.name(name).start(this::run);
        }
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
        running = task != null;
        return task;
    }
}
