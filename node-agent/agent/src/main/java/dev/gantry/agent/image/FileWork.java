package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.NativeThreads;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Long work on files (unpacking, archiving, copying) on native threads of its own, since it makes thousands of system calls in a row. An interrupt of the caller
 * ends the work: it goes on to the worker, and the caller returns when that has stopped touching files. Work must not start other work of the same kind.
 */
public final class FileWork {
    private final NativeThreads.Lane lane;

    /**
     * @param name of the threads
     * @param capacity most of it at once; further callers wait
     */
    public FileWork(String name, int capacity) {
        this.lane = new NativeThreads.Lane(name, capacity);
    }

    /** Work that ends by itself, or soon after {@link FileWork#checkInterrupt} has told it to. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException;
    }

    /** @throws InterruptedIOException when the caller was interrupted; the work has ended then */
    public <T> T call(Work<T> work) throws IOException {
        Worker worker = new Worker();
        try {
            return lane.<T, IOException>call(() -> worker.run(work), result -> {});
        } catch (InterruptedIOException e) {
            worker.stop();
            throw e;
        }
    }

    /** To be called now and then by work that may take long. */
    public static void checkInterrupt() throws InterruptedIOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("Interrupted while working on files");
        }
    }

    private static final class Worker {
        private final CountDownLatch ended = new CountDownLatch(1);
        private @Nullable Thread thread;
        private boolean stopped;

        <T> T run(Work<T> work) throws IOException {
            synchronized (this) {
                if (stopped) {
                    throw new InterruptedIOException("Interrupted before the work on files began");
                }
                thread = Thread.currentThread();
            }
            try {
                return work.run();
            } finally {
                synchronized (this) {
                    thread = null;
                    // the thread goes back to its pool: a late interrupt belongs to this work, not to the next
                    Thread.interrupted();
                }
                ended.countDown();
            }
        }

        void stop() {
            synchronized (this) {
                stopped = true;
                if (thread == null) {
                    return;
                }
                requireNonNull(thread, "thread is null").interrupt();
            }
            boolean interrupted = Thread.interrupted();
            while (ended.getCount() > 0) {
                try {
                    ended.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
