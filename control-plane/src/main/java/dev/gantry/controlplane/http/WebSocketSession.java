package dev.gantry.controlplane.http;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An open WebSocket (RFC 6455). One reader and one writer at a time. */
public interface WebSocketSession {
    /** The subprotocol agreed on; empty for none. */
    String subprotocol();

    /** Blocks for the next message; null when the client has closed or gone. Back-pressure reaches the client while nobody reads. */
    @Nullable
    Message read() throws InterruptedException;

    /** Sends a binary message and blocks until the connection has taken it. */
    void writeBinary(byte[] bytes) throws IOException;

    /** Sends a text message and blocks until the connection has taken it. */
    void writeText(String text) throws IOException;

    /** Calls {@code action} once when the client has gone or the server stops; at once when that is so already. */
    void onClose(Runnable action);

    /** @param text whether it came as text; the bytes are UTF-8 then */
    record Message(boolean text, byte[] bytes) {}
}
