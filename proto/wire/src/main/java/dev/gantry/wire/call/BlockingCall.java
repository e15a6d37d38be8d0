package dev.gantry.wire.call;

import static java.util.Objects.requireNonNull;

import io.grpc.Status;
import io.grpc.stub.CallStreamObserver;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One end of a bidirectional call. A read asks for the next message only when the one before was taken, and a write waits while the other end is slow,
 * so that neither side holds more than a few messages. Meant for virtual threads. One thread may read while others write; writes are in order.
 *
 * @param <I> what arrives
 * @param <O> what is sent
 */
public final class BlockingCall<I, O> {
    private static final int WINDOW = 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<I> inbound = new ArrayDeque<>();
    private final Duration stallLimit;
    private @Nullable CallStreamObserver<O> outbound;
    private boolean inboundEnded;
    private boolean outboundEnded;
    private @Nullable Throwable failure;

    private BlockingCall(Duration stallLimit) {
        this.stallLimit = requireNonNull(stallLimit, "stallLimit is null");
    }

    /**
     * The serving end. To be called in the service's method; {@link #observer} is what that method returns.
     *
     * @param stallLimit a write fails when the other end takes nothing for so long
     */
    public static <I, O> BlockingCall<I, O> server(StreamObserver<O> responses, Duration stallLimit) {
        BlockingCall<I, O> call = new BlockingCall<>(stallLimit);
        ServerCallStreamObserver<O> observer = (ServerCallStreamObserver<O>) responses;
        call.outbound = observer;
        observer.disableAutoRequest();
        observer.setOnReadyHandler(call::wake);
        observer.setOnCancelHandler(() -> call.fail(
                Status.CANCELLED.withDescription("the other end went away").asRuntimeException()));
        observer.request(WINDOW);
        return call;
    }

    /** The calling end; {@link #clientObserver} is to be passed to the stub. */
    public static <I, O> BlockingCall<I, O> client(Duration stallLimit) {
        return new BlockingCall<>(stallLimit);
    }

    /** Takes what arrives. */
    public StreamObserver<I> observer() {
        return new Inbound();
    }

    /** As {@link #observer}, for a stub. */
    public ClientResponseObserver<O, I> clientObserver() {
        return new ClientInbound();
    }

    /**
     * The next message; null when the other end has completed.
     *
     * @throws CallException when the call failed
     * @throws InterruptedIOException when the thread was interrupted; the interrupt is kept
     */
    public @Nullable I read() throws IOException {
        I message;
        lock.lock();
        try {
            while (inbound.isEmpty()) {
                if (failure != null) {
                    throw new CallException(failure);
                }
                if (inboundEnded) {
                    return null;
                }
                changed.await();
            }
            message = inbound.removeFirst();
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
        requireNonNull(outbound, "the call has not begun").request(1);
        return message;
    }

    /**
     * Sends a message, after waiting until the other end takes it.
     *
     * @throws CallException when the call failed or was closed, or the other end took nothing for the stall limit (the call is then cancelled)
     * @throws InterruptedIOException when the thread was interrupted; the interrupt is kept
     */
    public void write(O message) throws IOException {
        lock.lock();
        try {
            long left = stallLimit.toNanos();
            while (failure == null && !outboundEnded && !ready()) {
                if (left <= 0) {
                    RuntimeException stalled = Status.UNAVAILABLE
                            .withDescription("the other end took nothing for " + stallLimit)
                            .asRuntimeException();
                    cancelLocked(stalled);
                    throw new CallException(stalled);
                }
                left = changed.awaitNanos(left);
            }
            if (failure != null) {
                throw new CallException(failure);
            }
            if (outboundEnded) {
                throw new CallException(
                        Status.CANCELLED.withDescription("the call is closed").asRuntimeException());
            }
            requireNonNull(outbound, "the call has not begun").onNext(message);
        } catch (InterruptedException e) {
            throw interrupted();
        } catch (IllegalStateException e) {
            // gRPC says so when the call was cancelled at this moment
            throw new CallException(e);
        } finally {
            lock.unlock();
        }
    }

    /** No more is sent; what arrives can still be read. Idempotent. */
    public void complete() {
        lock.lock();
        try {
            if (!outboundEnded && failure == null && outbound != null) {
                outbound.onCompleted();
            }
            outboundEnded = true;
            changed.signalAll();
        } catch (IllegalStateException e) {
            // already cancelled by the other end
        } finally {
            lock.unlock();
        }
    }

    /** Ends the call at once, with a status for the other end. Idempotent. */
    public void cancel(Status status) {
        lock.lock();
        try {
            cancelLocked(status.asRuntimeException());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Completes, and waits until the other end has ended the call as well: what was said last is then certain to have been read, where a {@link #cancel}
     * could overtake it. What still arrives stays unread.
     */
    public void completeAndAwait(Duration patience) throws InterruptedIOException {
        complete();
        lock.lock();
        try {
            long left = patience.toNanos();
            while (failure == null && !inboundEnded && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
    }

    /** Whether reads and writes can no longer succeed, but for messages that have arrived. */
    public boolean isOver() {
        lock.lock();
        try {
            return failure != null || (inboundEnded && outboundEnded);
        } finally {
            lock.unlock();
        }
    }

    private void cancelLocked(RuntimeException reason) {
        if (failure != null) {
            return;
        }
        failure = reason;
        changed.signalAll();
        try {
            if (outbound instanceof ClientCallStreamObserver<O> client) {
                client.cancel(reason.getMessage(), reason);
            } else if (outbound != null && !outboundEnded) {
                outbound.onError(reason);
            }
        } catch (IllegalStateException e) {
            // already over
        }
        outboundEnded = true;
    }

    private boolean ready() {
        return outbound != null && outbound.isReady();
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable reason) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while waiting for the other end");
    }

    private class Inbound implements StreamObserver<I> {
        @Override
        public void onNext(I message) {
            lock.lock();
            try {
                inbound.addLast(message);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onError(Throwable reason) {
            fail(reason);
        }

        @Override
        public void onCompleted() {
            lock.lock();
            try {
                inboundEnded = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private final class ClientInbound extends Inbound implements ClientResponseObserver<O, I> {
        /** The server's end is the whole call's: nobody would take what is written from here on. */
        @Override
        public void onCompleted() {
            lock.lock();
            try {
                outboundEnded = true;
                super.onCompleted();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<O> requests) {
            requests.disableAutoRequestWithInitial(WINDOW);
            requests.setOnReadyHandler(BlockingCall.this::wake);
            lock.lock();
            try {
                outbound = requests;
            } finally {
                lock.unlock();
            }
        }
    }
}
