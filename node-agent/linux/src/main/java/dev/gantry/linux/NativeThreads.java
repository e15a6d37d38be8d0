package dev.gantry.linux;

import static java.util.Objects.requireNonNull;

import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The platform threads on which every native call of this module runs. A native frame pins a virtual thread's carrier, of which there are as few as processors, so
 * nothing here ever runs on the caller's thread, unless that is one of these threads already: whoever makes many calls in a row wraps them in one {@link #call}.
 *
 * <p>Calls are kept apart by how long they may take. {@link #call} is for those that the local kernel answers by itself. What may wait for somebody else (a FIFO's
 * other end, a server, a child process) has a {@link Lane} of its own, so that its waiting delays nobody. What changes the thread's kernel state (setns, unshare,
 * credentials, cwd, umask) runs by {@link #isolated}, on a thread that ends afterwards.
 */
public final class NativeThreads {
    private static final int SHORT_CALLS = 64;
    private static final long IDLE_SECONDS = 30;

    private static final Lane SHORT = new Lane("native", SHORT_CALLS);

    private NativeThreads() {}

    /** Work that makes native calls. */
    @FunctionalInterface
    public interface Call<T, E extends Exception> {
        T run() throws E;
    }

    /** {@link Call} without a result. */
    @FunctionalInterface
    public interface Action<E extends Exception> {
        void run() throws E;
    }

    /** Runs a call that waits for nobody outside the kernel; at once when this is a native thread already. Not interruptible. */
    public static <T, E extends Exception> T call(Call<T, E> call) throws E {
        if (isNativeThread()) {
            return call.run();
        }
        return SHORT.callUninterruptibly(call);
    }

    /** {@link #call} without a result. */
    public static <E extends Exception> void run(Action<E> action) throws E {
        call(() -> {
            action.run();
            return true;
        });
    }

    /** Runs a call that changes its thread's kernel state, on a fresh thread that ends with it. Not interruptible. */
    public static <T, E extends Exception> T isolated(String name, Call<T, E> call) throws E {
        CompletableFuture<T> result = new CompletableFuture<>();
        new NativeThread(() -> complete(result, call), name).start();
        return awaitUninterruptibly(result);
    }

    static boolean isNativeThread() {
        return Thread.currentThread() instanceof NativeThread;
    }

    /**
     * Threads for calls that wait on the same kind of outsider. At most {@code capacity} calls are in the kernel at once; further callers wait for their turn without
     * occupying a platform thread. Threads that idle for 30 s end.
     */
    public static final class Lane {
        private final Semaphore turns;
        private final Executor threads;

        /**
         * @param name of the threads
         * @param capacity most calls at once
         */
        public Lane(String name, int capacity) {
            requireNonNull(name, "name is null");
            this.turns = new Semaphore(capacity, true);
            AtomicLong numbers = new AtomicLong();
            ThreadFactory factory = task -> new NativeThread(task, name + "-" + numbers.incrementAndGet());
            this.threads = new ThreadPoolExecutor(
                    0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
        }

        /**
         * Runs a call. An interrupt abandons it: the call goes on until the kernel ends it, and its result goes to {@code abandoned}.
         *
         * @throws InterruptedIOException when the caller was interrupted
         */
        public <T, E extends Exception> T call(Call<T, E> call, Consumer<? super T> abandoned)
                throws E, InterruptedIOException {
            CompletableFuture<T> result = new CompletableFuture<>();
            try {
                turns.acquire();
                submit(result, call);
                return result(result);
            } catch (InterruptedException e) {
                result.thenAccept(abandoned);
                Thread.currentThread().interrupt();
                InterruptedIOException interrupted =
                        new InterruptedIOException("Interrupted while waiting for a native call");
                interrupted.initCause(e);
                throw interrupted;
            }
        }

        /** Runs a call that must not be abandoned. */
        public <T, E extends Exception> T callUninterruptibly(Call<T, E> call) throws E {
            turns.acquireUninterruptibly();
            CompletableFuture<T> result = new CompletableFuture<>();
            submit(result, call);
            return awaitUninterruptibly(result);
        }

        private <T, E extends Exception> void submit(CompletableFuture<T> result, Call<T, E> call) {
            boolean submitted = false;
            try {
                threads.execute(() -> {
                    try {
                        complete(result, call);
                    } finally {
                        turns.release();
                    }
                });
                submitted = true;
            } finally {
                if (!submitted) {
                    turns.release();
                }
            }
        }
    }

    private static final class NativeThread extends Thread {
        NativeThread(Runnable task, String name) {
            super(null, task, name);
            setDaemon(true);
        }
    }

    private static <T, E extends Exception> void complete(CompletableFuture<T> result, Call<T, E> call) {
        try {
            result.complete(call.run());
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    private static <T, E extends Exception> T awaitUninterruptibly(CompletableFuture<T> result) throws E {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result(result);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // a call throws its own E or something unchecked
    private static <T, E extends Exception> T result(CompletableFuture<T> result) throws E, InterruptedException {
        try {
            return result.get();
        } catch (ExecutionException e) {
            Throwable cause = requireNonNull(e.getCause(), "cause is null");
            if (cause instanceof Error error) {
                throw error;
            }
            cause.addSuppressed(new CalledFrom());
            throw (E) cause;
        }
    }

    /** The caller's stack, which the exception from the other thread lacks. */
    private static final class CalledFrom extends Exception {
        private static final long serialVersionUID = 1;
    }
}
