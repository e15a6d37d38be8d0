package dev.gantry.controlplane.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.controlplane.http.Failures;
import dev.gantry.controlplane.http.WebSocketSession;
import dev.gantry.controlplane.stream.NodeStreams.NodeStream;
import dev.gantry.wire.node.v1.StreamFrame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Connections to ports of a pod over the channels of a WebSocket: the first byte of each message is the channel, two for each port: 2i for its data, 2i
 * + 1 for its error. The server's first message on each is the port, two bytes, the low one first. There is one connection to each port.
 */
final class PortChannels {
    private final WebSocketSession session;
    private final List<Integer> ports;
    private final IntFunction<NodeStream> open;
    private final ReentrantLock writing = new ReentrantLock();
    private final List<@Nullable NodeStream> nodes = new ArrayList<>();

    PortChannels(WebSocketSession session, List<Integer> ports, IntFunction<NodeStream> open) {
        this.session = session;
        this.ports = ports;
        this.open = open;
    }

    /** Returns when the client has gone. */
    void run() throws IOException, InterruptedException {
        try {
            for (int i = 0; i < ports.size(); i++) {
                int port = ports.get(i);
                byte[] announced = {(byte) port, (byte) (port >> 8)};
                write(2 * i, announced);
                write(2 * i + 1, announced);
            }
            for (int i = 0; i < ports.size(); i++) {
                connect(i);
            }
            for (WebSocketSession.Message message = session.read(); message != null; message = session.read()) {
                input(message.bytes());
            }
        } finally {
            nodes.forEach(node -> {
                if (node != null) {
                    node.close();
                }
            });
        }
    }

    private void connect(int index) throws IOException {
        try {
            NodeStream node = open.apply(ports.get(index));
            nodes.add(node);
            Thread.ofVirtual().name("port-channel").start(() -> output(index, node));
        } catch (RuntimeException e) {
            nodes.add(null);
            write(2 * index + 1, message(e));
        }
    }

    private static byte[] message(RuntimeException e) {
        return String.valueOf(Failures.toApiException(e).getMessage()).getBytes(UTF_8);
    }

    private void input(byte[] bytes) throws IOException {
        if (bytes.length == 0) {
            return;
        }
        int channel = bytes[0] & 0xff;
        NodeStream node = channel / 2 < nodes.size() ? nodes.get(channel / 2) : null;
        if (node != null && channel % 2 == 0) {
            PortForward.send(node, bytes, 1);
        }
    }

    private void output(int index, NodeStream node) {
        try {
            for (StreamFrame frame = node.read(); frame != null; frame = node.read()) {
                if (frame.hasStdout()) {
                    write(2 * index, frame.getStdout().toByteArray());
                } else if (frame.hasEnd() && !frame.getEnd().getError().isEmpty()) {
                    write(2 * index + 1, frame.getEnd().getError().getBytes(UTF_8));
                }
            }
        } catch (IOException e) {
            node.close();
        }
    }

    private void write(int channel, byte[] bytes) throws IOException {
        byte[] message = new byte[bytes.length + 1];
        message[0] = (byte) channel;
        System.arraycopy(bytes, 0, message, 1, bytes.length);
        writing.lock();
        try {
            session.writeBinary(message);
        } finally {
            writing.unlock();
        }
    }
}
