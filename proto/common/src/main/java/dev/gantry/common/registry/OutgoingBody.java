package dev.gantry.common.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.registry.Registry.Content;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Content} writes, as the stream that a request is sent from. The writer runs on a thread of its own, a few chunks ahead of the connection, and
 * ends when this is closed.
 */
final class OutgoingBody extends InputStream {
    private static final int CHUNK = 1 << 16;
    private static final int AHEAD = 8;

    private final ArrayBlockingQueue<Chunk> chunks = new ArrayBlockingQueue<>(AHEAD);
    private final AtomicLong taken = new AtomicLong();
    private final Thread writer;
    private Chunk current = new Chunk(new byte[0], null, false);
    private int position;

    OutgoingBody(Content content) {
        requireNonNull(content, "content is null");
        this.writer = Thread.ofVirtual().name("registry-upload").start(() -> write(content));
    }

    private record Chunk(byte[] bytes, @Nullable Throwable failure, boolean last) {}

    /** How much the connection has taken; a measure of progress. */
    long taken() {
        return taken.get();
    }

    /** What the writer failed with; null while it has not. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    private volatile @Nullable Throwable failure;

    private void write(Content content) {
        try {
            try {
                Chunks out = new Chunks();
                content.writeTo(out);
                out.flush();
                chunks.put(new Chunk(new byte[0], null, true));
            } catch (IOException | RuntimeException | Error e) {
                failure = e;
                chunks.put(new Chunk(new byte[0], e, true));
            }
        } catch (InterruptedException e) {
            // closed: nobody reads on
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        while (position == current.bytes().length) {
            if (current.failure() != null) {
                throw new IOException(
                        "The content could not be read: " + current.failure().getMessage(), current.failure());
            }
            if (current.last()) {
                return -1;
            }
            try {
                current = chunks.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("Interrupted while sending");
            }
            position = 0;
        }
        int count = Math.min(length, current.bytes().length - position);
        System.arraycopy(current.bytes(), position, target, offset, count);
        position += count;
        taken.addAndGet(count);
        return count;
    }

    @Override
    public void close() {
        writer.interrupt();
    }

    private final class Chunks extends OutputStream {
        private final byte[] buffer = new byte[CHUNK];
        private int filled;

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            int from = offset;
            int left = length;
            while (left > 0) {
                int count = Math.min(left, buffer.length - filled);
                System.arraycopy(source, from, buffer, filled, count);
                filled += count;
                from += count;
                left -= count;
                if (filled == buffer.length) {
                    flush();
                }
            }
        }

        @Override
        public void flush() throws IOException {
            if (filled == 0) {
                return;
            }
            try {
                chunks.put(new Chunk(Arrays.copyOf(buffer, filled), null, false));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("Interrupted while sending");
            }
            filled = 0;
        }
    }
}
