package dev.gantry.controlplane.http;

import java.io.IOException;

/** The body of a streamed response. Used by one writer at a time. */
public interface ResponseStream {
    /**
     * Sends bytes, and blocks until the client's side of the connection has taken them. The array may be reused afterwards.
     *
     * @throws IOException when the client has gone, or the server is stopping
     */
    void write(byte[] bytes, int offset, int length) throws IOException;

    default void write(byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    /** Calls {@code action} once when the client has gone, the server stops or the response has ended; at once when that is so already. */
    void onClose(Runnable action);

    boolean isClosed();
}
