package dev.gantry.controlplane.api.spdy;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** One stream of a connection. Read by one thread, written by one thread. */
public final class SpdyStream {
    /** Of pieces of at most 8 KiB: what the connection takes before it waits for whoever reads this stream. */
    private static final int QUEUE = 64;

    private final SpdyConnection connection;
    private final int id;
    private final Map<String, String> headers;
    private final BlockingQueue<Optional<byte[]>> input = new LinkedBlockingQueue<>(QUEUE);
    private volatile boolean inputEnded;
    private volatile boolean reset;
    private boolean finished;

    SpdyStream(SpdyConnection connection, int id, Map<String, String> headers) {
        this.connection = connection;
        this.id = id;
        this.headers = Map.copyOf(headers);
    }

    /** @param name in lower case */
    public String header(String name) {
        return headers.getOrDefault(name, "");
    }

    /** Blocks; null at the end of what the client sends. */
    public byte @Nullable [] read() throws InterruptedException {
        while (true) {
            Optional<byte[]> next =
                    inputEnded ? Optional.ofNullable(input.poll()).flatMap(each -> each) : input.take();
            if (next.isPresent()) {
                return next.get();
            }
            if (inputEnded) {
                return null;
            }
        }
    }

    /** Blocks until the bytes are on their way. @throws IOException when the client has given the stream up, or is gone */
    public void write(byte[] bytes) throws IOException {
        if (reset) {
            throw new IOException("the client has given up the stream");
        }
        connection.sendData(id, bytes, 0, bytes.length, false);
    }

    /** Ends what the server sends. Idempotent. */
    public synchronized void finish() throws IOException {
        if (finished || reset) {
            return;
        }
        finished = true;
        connection.sendData(id, new byte[0], 0, 0, true);
        if (inputEnded) {
            connection.forget(id);
        }
    }

    void received(byte[] bytes, boolean last) throws InterruptedException {
        if (bytes.length > 0 && !inputEnded) {
            input.put(Optional.of(bytes));
        }
        if (last) {
            endInput();
            if (isFinished()) {
                connection.forget(id);
            }
        }
    }

    private synchronized boolean isFinished() {
        return finished;
    }

    void wasReset() {
        reset = true;
        endInput();
    }

    /** Wakes whoever reads. */
    void endInput() {
        inputEnded = true;
        // a full queue has somebody awake already
        var _ = input.offer(Optional.empty());
    }
}
