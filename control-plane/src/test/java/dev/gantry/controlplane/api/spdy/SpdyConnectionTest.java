package dev.gantry.controlplane.api.spdy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both ends in one process: what the client's frames do, however they are cut, and what frames that are none do. */
@Timeout(30)
final class SpdyConnectionTest {
    /** The client's end: frames in, frames out. */
    private static final class Client implements SpdyConnection.Transport {
        private static final byte[] END = {};

        private final BlockingQueue<byte[]> toServer = new LinkedBlockingQueue<>();
        private final BlockingQueue<byte[]> toClient = new LinkedBlockingQueue<>();
        private final EmbeddedChannel codec = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));

        @Override
        public byte @org.jspecify.annotations.Nullable [] read() throws InterruptedException {
            byte[] bytes = toServer.take();
            return bytes == END ? null : bytes;
        }

        @Override
        public void write(byte[] bytes) {
            toClient.add(bytes);
        }

        void send(Object frame) {
            toServer.add(encode(frame));
        }

        byte[] encode(Object frame) {
            codec.writeOutbound(frame);
            ByteBuf all = Unpooled.buffer();
            for (ByteBuf bytes = codec.readOutbound(); bytes != null; bytes = codec.readOutbound()) {
                all.writeBytes(bytes);
                bytes.release();
            }
            return ByteBufUtil.getBytes(all);
        }

        void open(int id, String... headers) {
            send(syn(id, headers));
        }

        static DefaultSpdySynStreamFrame syn(int id, String... headers) {
            DefaultSpdySynStreamFrame frame = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
            for (int i = 0; i < headers.length; i += 2) {
                frame.headers().add(headers[i], headers[i + 1]);
            }
            return frame;
        }

        void end() {
            toServer.add(END);
        }

        Object next() throws InterruptedException {
            Object frame = codec.readInbound();
            while (frame == null) {
                byte[] bytes = toClient.poll(20, TimeUnit.SECONDS);
                if (bytes == null) {
                    throw new AssertionError("the server says nothing");
                }
                codec.writeInbound(Unpooled.wrappedBuffer(bytes));
                frame = codec.readInbound();
            }
            return frame;
        }
    }

    private static Thread serve(Client client, SpdyConnection.Acceptor acceptor) {
        return Thread.ofVirtual().start(() -> {
            try {
                new SpdyConnection(client, acceptor).run();
            } catch (IOException | InterruptedException e) {
                client.write(new byte[0]);
            }
        });
    }

    /** Gives back what comes in, to its end. */
    private static boolean echo(SpdyStream stream) {
        Thread.ofVirtual().start(() -> {
            try {
                stream.write(stream.header("streamtype").getBytes(UTF_8));
                for (byte[] bytes = stream.read(); bytes != null; bytes = stream.read()) {
                    stream.write(bytes);
                }
                stream.finish();
            } catch (IOException | InterruptedException e) {
                // the client has gone
            }
        });
        return true;
    }

    private static String text(Object frame) {
        return ((SpdyDataFrame) frame).content().toString(UTF_8);
    }

    @Test
    void carriesSeveralStreamsBothWays() throws Exception {
        Client client = new Client();
        Thread server = serve(client, SpdyConnectionTest::echo);
        client.open(1, "streamtype", "error");
        SpdySynReplyFrame reply = (SpdySynReplyFrame) client.next();
        assertThat(reply.streamId()).isEqualTo(1);
        assertThat(reply.headers().isEmpty())
                .as("clients wait for ever for one without")
                .isFalse();
        assertThat(text(client.next())).isEqualTo("error");
        client.open(3, "streamtype", "data");
        assertThat(client.next()).isInstanceOf(SpdySynReplyFrame.class);
        assertThat(text(client.next())).isEqualTo("data");
        client.send(new DefaultSpdyDataFrame(3, Unpooled.copiedBuffer("hello", UTF_8)));
        assertThat(text(client.next())).isEqualTo("hello");
        DefaultSpdyDataFrame last = new DefaultSpdyDataFrame(3);
        last.setLast(true);
        client.send(last);
        assertThat(((SpdyDataFrame) client.next()).isLast()).isTrue();
        client.send(new DefaultSpdyPingFrame(5));
        assertThat(((SpdyPingFrame) client.next()).id()).isEqualTo(5);
        client.end();
        server.join();
    }

    @Test
    void refusesStreamsThatNobodyTakesAndGoesOn() throws Exception {
        Client client = new Client();
        Thread server = serve(client, stream -> stream.header("streamtype").equals("data") && echo(stream));
        client.open(1, "streamtype", "what");
        assertThat(client.next()).isInstanceOf(SpdySynReplyFrame.class);
        assertThat(client.next()).isInstanceOf(SpdyRstStreamFrame.class);
        client.open(3, "streamtype", "data");
        client.open(3, "streamtype", "data");
        assertThat(client.next()).isInstanceOf(SpdySynReplyFrame.class);
        List<Object> rest = List.of(client.next(), client.next());
        assertThat(rest).hasAtLeastOneElementOfType(SpdyRstStreamFrame.class);
        client.send(new DefaultSpdyRstStreamFrame(99, SpdyStreamStatus.CANCEL));
        client.send(new DefaultSpdyDataFrame(99, Unpooled.copiedBuffer("nobody's", UTF_8)));
        client.send(new DefaultSpdyPingFrame(7));
        assertThat(client.next()).isInstanceOf(SpdyPingFrame.class);
        client.end();
        server.join();
    }

    @Test
    void holdsOnlySoManyStreams() throws Exception {
        Client client = new Client();
        Thread server = serve(client, stream -> true);
        int refused = 0;
        for (int i = 0; i < 600; i++) {
            client.open(2 * i + 1, "streamtype", "data");
            refused += client.next() instanceof SpdyRstStreamFrame ? 1 : 0;
        }
        assertThat(refused).isEqualTo(600 - 512);
        client.end();
        server.join();
    }

    @Test
    void endsReadersWithTheConnection() throws Exception {
        Client client = new Client();
        BlockingQueue<String> ends = new LinkedBlockingQueue<>();
        Thread server = serve(client, stream -> {
            Thread.ofVirtual().start(() -> {
                try {
                    ends.add(stream.read() == null ? "end" : "data");
                } catch (InterruptedException e) {
                    ends.add("interrupted");
                }
            });
            return true;
        });
        client.open(1, "streamtype", "data");
        assertThat(client.next()).isInstanceOf(SpdySynReplyFrame.class);
        client.end();
        server.join();
        assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo("end");
    }

    @Property(tries = 100)
    void doesNotMindHowItsBytesAreCut(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Client client = new Client();
        List<Byte> bytes = new ArrayList<>();
        for (byte each : client.encode(Client.syn(1, "streamtype", "data", "port", "80"))) {
            bytes.add(each);
        }
        DefaultSpdyDataFrame data = new DefaultSpdyDataFrame(1, Unpooled.copiedBuffer("x".repeat(300), UTF_8));
        data.setLast(true);
        for (byte each : client.encode(data)) {
            bytes.add(each);
        }
        while (!bytes.isEmpty()) {
            List<Byte> piece = bytes.subList(0, Math.min(bytes.size(), 1 + random.nextInt(40)));
            byte[] sent = new byte[piece.size()];
            for (int i = 0; i < sent.length; i++) {
                sent[i] = piece.get(i);
            }
            client.toServer.add(sent);
            piece.clear();
        }
        Thread server = serve(client, SpdyConnectionTest::echo);
        assertThat(client.next()).isInstanceOf(SpdySynReplyFrame.class);
        StringBuilder all = new StringBuilder();
        SpdyDataFrame frame = (SpdyDataFrame) client.next();
        while (!frame.isLast()) {
            all.append(text(frame));
            frame = (SpdyDataFrame) client.next();
        }
        assertThat(all.toString()).isEqualTo("data" + "x".repeat(300));
        client.end();
        server.join();
    }

    /** Ends, by refusing or because the bytes promise more: it neither hangs on what it has nor fails in another way. */
    @Property(tries = 500)
    void refusesBytesThatAreNoFrames(@ForAll byte[] bytes) throws Exception {
        Client client = new Client();
        client.toServer.add(bytes.length == 0 ? new byte[] {1} : bytes);
        client.end();
        try {
            new SpdyConnection(client, stream -> true).run();
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("SPDY/3.1");
        }
    }

    @Test
    void refusesAnotherVersion() {
        Client client = new Client();
        client.toServer.add(new byte[] {(byte) 0x80, 9, 0, 1, 0, 0, 0, 0});
        client.end();
        assertThatThrownBy(() -> new SpdyConnection(client, stream -> true).run())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("SPDY/3.1");
    }
}
