package dev.gantry.controlplane.api.spdy;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's end of a SPDY/3.1 connection. Windows are not kept: the clients that speak this keep none either, and what carries the bytes has its own
 * back-pressure. A stream that nobody reads stops the whole connection, when its queue is full. Safe for use by many threads, but {@link #run} by one.
 */
public final class SpdyConnection {
    private static final Logger log = LoggerFactory.getLogger(SpdyConnection.class);

    /** Open at a time: far more than a browser opens through a forwarded port. */
    private static final int MAXIMUM_STREAMS = 512;

    private final Transport transport;
    private final Acceptor acceptor;
    private final EmbeddedChannel decoder = codec();
    private final EmbeddedChannel encoder = codec();
    private final ReentrantLock sending = new ReentrantLock();
    private final Map<Integer, SpdyStream> streams = new ConcurrentHashMap<>();

    public SpdyConnection(Transport transport, Acceptor acceptor) {
        this.transport = requireNonNull(transport, "transport is null");
        this.acceptor = requireNonNull(acceptor, "acceptor is null");
    }

    private static EmbeddedChannel codec() {
        return new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
    }

    /** What carries the bytes. */
    public interface Transport {
        /** Blocks; null at the end. */
        byte @Nullable [] read() throws IOException, InterruptedException;

        /** Blocks until the bytes are on their way. */
        void write(byte[] bytes) throws IOException;
    }

    /** Takes the streams that the client opens. */
    @FunctionalInterface
    public interface Acceptor {
        /** Called on the thread that reads the connection: it must not wait for anything that comes over it. @return false to refuse the stream */
        boolean accept(SpdyStream stream);
    }

    /** Reads to the end of the connection; then every stream has ended. */
    public void run() throws IOException, InterruptedException {
        try {
            for (byte[] bytes = transport.read(); bytes != null; bytes = transport.read()) {
                decode(bytes);
                for (Object frame = decoder.readInbound(); frame != null; frame = decoder.readInbound()) {
                    try {
                        if (frame instanceof SpdyGoAwayFrame) {
                            return;
                        }
                        handle(frame);
                    } finally {
                        ReferenceCountUtil.release(frame);
                    }
                }
            }
        } finally {
            streams.values().forEach(SpdyStream::endInput);
            discard();
        }
    }

    /** What is left in the codec is no whole frame, about which it complains. */
    private void discard() {
        try {
            decoder.finishAndReleaseAll();
        } catch (Exception e) {
            log.trace("A connection ended within a frame", e);
        }
    }

    private void decode(byte[] bytes) throws IOException {
        try {
            decoder.writeInbound(Unpooled.wrappedBuffer(bytes));
        } catch (Exception e) { // the codec's own is a checked one that it does not declare
            throw new IOException("the client does not speak SPDY/3.1: " + e.getMessage(), e);
        }
    }

    private void handle(Object frame) throws IOException, InterruptedException {
        switch (frame) {
            case SpdySynStreamFrame opened -> open(opened);
            case SpdyDataFrame data -> {
                SpdyStream stream = streams.get(data.streamId());
                if (stream != null) {
                    stream.received(ByteBufUtil.getBytes(data.content()), data.isLast());
                }
            }
            case SpdyRstStreamFrame reset -> {
                SpdyStream stream = streams.remove(reset.streamId());
                if (stream != null) {
                    stream.wasReset();
                }
            }
            // the client counts its own with odd numbers: those come back unchanged
            case SpdyPingFrame ping -> send(ping);
            default -> {} // settings and windows, which nobody keeps
        }
    }

    private void open(SpdySynStreamFrame frame) throws IOException, InterruptedException {
        int id = frame.streamId();
        Map<String, String> headers = new HashMap<>();
        frame.headers()
                .forEach(header -> headers.put(
                        header.getKey().toString().toLowerCase(java.util.Locale.ROOT),
                        header.getValue().toString()));
        SpdyStream stream = new SpdyStream(this, id, headers);
        if (frame.isInvalid()
                || frame.isTruncated()
                || streams.size() >= MAXIMUM_STREAMS
                || streams.putIfAbsent(id, stream) != null) {
            send(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
            return;
        }
        SpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
        // clients wait for ever for a reply without a header
        reply.headers().add("stream", "accepted");
        send(reply);
        if (frame.isLast()) {
            stream.received(new byte[0], true);
        }
        if (!acceptor.accept(stream)) {
            streams.remove(id);
            send(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
        }
    }

    void sendData(int id, byte[] bytes, int offset, int length, boolean last) throws IOException {
        DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(id, Unpooled.copiedBuffer(bytes, offset, length));
        frame.setLast(last);
        send(frame);
    }

    void forget(int id) {
        streams.remove(id);
    }

    private void send(Object frame) throws IOException {
        sending.lock();
        try {
            encoder.writeOutbound(frame);
            for (ByteBuf bytes = encoder.readOutbound(); bytes != null; bytes = encoder.readOutbound()) {
                try {
                    transport.write(ByteBufUtil.getBytes(bytes));
                } finally {
                    bytes.release();
                }
            }
        } finally {
            sending.unlock();
        }
    }
}
