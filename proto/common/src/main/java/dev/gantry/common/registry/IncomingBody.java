package dev.gantry.common.registry;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The body of an answer as a stream that does not wait for ever: the JDK's own has no limit for a server that has gone quiet. One reader. */
final class IncomingBody extends InputStream implements BodySubscriber<IncomingBody> {
    private static final int PREFETCHED = 4;

    private final Duration patience;
    private final LinkedBlockingQueue<Part> parts = new LinkedBlockingQueue<>();
    private Flow.@Nullable Subscription subscription;
    private Part current = new Part(ByteBuffer.allocate(0), false, null);
    private volatile boolean closed;

    IncomingBody(Duration patience) {
        this.patience = requireNonNull(patience, "patience is null");
    }

    private record Part(
            ByteBuffer bytes, boolean last, @Nullable Throwable failure) {}

    @Override
    public CompletionStage<IncomingBody> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        synchronized (this) {
            subscription = newSubscription;
        }
        if (closed) {
            newSubscription.cancel();
        } else {
            newSubscription.request(PREFETCHED);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        for (int i = 0; i < buffers.size(); i++) {
            // only the last of a delivery asks for another one
            parts.add(new Part(buffers.get(i), i == buffers.size() - 1, null));
        }
    }

    @Override
    public void onError(Throwable failure) {
        parts.add(new Part(ByteBuffer.allocate(0), false, requireNonNull(failure)));
    }

    @Override
    public void onComplete() {
        parts.add(new Part(ByteBuffer.allocate(0), false, new EndOfBody()));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        while (!current.bytes().hasRemaining()) {
            if (current.failure() instanceof EndOfBody) {
                return -1;
            }
            if (current.failure() != null) {
                throw new IOException(
                        "The connection broke: " + current.failure().getMessage(), current.failure());
            }
            current = next();
        }
        int count = Math.min(length, current.bytes().remaining());
        current.bytes().get(target, offset, count);
        if (!current.bytes().hasRemaining() && current.last()) {
            Flow.Subscription source = source();
            if (source != null) {
                source.request(1);
            }
        }
        return count;
    }

    private Part next() throws IOException {
        if (closed) {
            throw new IOException("The stream is closed");
        }
        try {
            Part part = parts.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (part == null) {
                close();
                throw new IOException("Nothing came for %d s".formatted(patience.toSeconds()));
            }
            return part;
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while reading an answer");
        }
    }

    private synchronized Flow.@Nullable Subscription source() {
        return subscription;
    }

    /** Ends the connection, unless all of it was read. */
    @Override
    public void close() {
        closed = true;
        Flow.Subscription source = source();
        if (source != null) {
            source.cancel();
        }
    }

    /** Stands at the end of the queue. */
    private static final class EndOfBody extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
