package dev.gantry.controlplane.http;

import com.linecorp.armeria.common.websocket.WebSocket;
import com.linecorp.armeria.common.websocket.WebSocketFrame;
import com.linecorp.armeria.common.websocket.WebSocketFrameType;
import com.linecorp.armeria.common.websocket.WebSocketWriter;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** A WebSocket over Armeria's, pulled one frame at a time. */
final class ArmeriaWebSocket implements WebSocketSession {
    private final String subprotocol;
    private final WebSocketWriter out;
    private final Inbound inbound = new Inbound();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    ArmeriaWebSocket(String subprotocol, WebSocket in, WebSocketWriter out) {
        this.subprotocol = subprotocol;
        this.out = out;
        in.subscribe(inbound);
        var _ = in.whenComplete().whenComplete((done, failure) -> closed.complete(null));
        var _ = out.whenComplete().whenComplete((done, failure) -> closed.complete(null));
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public @Nullable Message read() throws InterruptedException {
        while (true) {
            Optional<WebSocketFrame> next = inbound.next();
            if (next.isEmpty()) {
                return null;
            }
            WebSocketFrame frame = next.get();
            if (frame.type() == WebSocketFrameType.BINARY || frame.type() == WebSocketFrameType.TEXT) {
                return new Message(frame.type() == WebSocketFrameType.TEXT, frame.array());
            }
            if (frame.type() == WebSocketFrameType.PING) {
                var _ = out.tryWrite(WebSocketFrame.ofPong(frame.array()));
            } else if (frame.type() == WebSocketFrameType.CLOSE) {
                return null;
            }
        }
    }

    @Override
    public void writeBinary(byte[] bytes) throws IOException {
        write(WebSocketFrame.ofBinary(bytes));
    }

    @Override
    public void writeText(String text) throws IOException {
        write(WebSocketFrame.ofText(text));
    }

    private void write(WebSocketFrame frame) throws IOException {
        if (!out.tryWrite(frame)) {
            throw new IOException("the client has gone");
        }
        ArmeriaStream.awaitConsumed(out.whenConsumed());
    }

    @Override
    public void onClose(Runnable action) {
        var _ = closed.thenRun(action);
    }

    /**
     * Reads on to the client's close frame, keeping nothing: giving up the connection's other direction while the last messages are on their way makes
     * them, and the orderly close after them, an abrupt one. A client that does not close in time is cut off by Armeria (requestAutoAbortDelay).
     */
    void discardRest() {
        inbound.discardRest();
    }

    /** Cuts off a client that may not have closed yet. */
    void cancel() {
        inbound.cancel();
    }

    /** Asks for the next frame only when the last one was taken. */
    private static final class Inbound implements Subscriber<WebSocketFrame> {
        private final BlockingQueue<Optional<WebSocketFrame>> frames = new LinkedBlockingQueue<>();
        private volatile @Nullable Subscription subscription;
        private boolean discarding;
        private boolean clientClosed;
        private boolean ended;

        @Override
        public void onSubscribe(Subscription newSubscription) {
            subscription = newSubscription;
            newSubscription.request(1);
        }

        @Override
        public synchronized void onNext(WebSocketFrame frame) {
            clientClosed |= frame.type() == WebSocketFrameType.CLOSE;
            if (!discarding) {
                frames.add(Optional.of(frame));
            } else if (clientClosed) {
                cancel();
            }
        }

        @Override
        public void onError(Throwable failure) {
            frames.add(Optional.empty());
        }

        @Override
        public void onComplete() {
            frames.add(Optional.empty());
        }

        Optional<WebSocketFrame> next() throws InterruptedException {
            if (ended) {
                return Optional.empty();
            }
            Optional<WebSocketFrame> frame = frames.take();
            Subscription current = subscription;
            if (frame.isEmpty()) {
                ended = true;
            } else if (current != null) {
                current.request(1);
            }
            return frame;
        }

        synchronized void discardRest() {
            discarding = true;
            frames.clear();
            frames.add(Optional.empty());
            Subscription current = subscription;
            if (clientClosed) {
                cancel();
            } else if (current != null) {
                current.request(Long.MAX_VALUE);
            }
        }

        void cancel() {
            Subscription current = subscription;
            if (current != null) {
                current.cancel();
            }
        }
    }
}
