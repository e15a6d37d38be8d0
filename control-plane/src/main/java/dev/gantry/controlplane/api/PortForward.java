package dev.gantry.controlplane.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import dev.gantry.controlplane.api.spdy.SpdyConnection;
import dev.gantry.controlplane.api.spdy.SpdyStream;
import dev.gantry.controlplane.http.Failures;
import dev.gantry.controlplane.stream.NodeStreams.NodeStream;
import dev.gantry.wire.node.v1.StreamFrame;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;

/**
 * Connections to ports of a pod over SPDY: for each the client opens a stream for errors and one for data, both with the port and a number that says
 * which belong together.
 */
final class PortForward implements SpdyConnection.Acceptor {
    private static final int CHUNK = 32 * 1024;

    private final IntFunction<NodeStream> open;
    /** Streams for errors, by the request that they are of. */
    private final Map<String, SpdyStream> errors = new ConcurrentHashMap<>();

    /** @param open dials the node for a connection to a port; may fail */
    PortForward(IntFunction<NodeStream> open) {
        this.open = open;
    }

    @Override
    public boolean accept(SpdyStream stream) {
        String request = stream.header("requestid");
        switch (stream.header("streamtype")) {
            case "error" -> {
                return errors.putIfAbsent(request, stream) == null;
            }
            case "data" -> {
                SpdyStream error = errors.remove(request);
                if (error == null) {
                    return false;
                }
                Thread.ofVirtual().name("port-forward").start(() -> forward(stream, error));
                return true;
            }
            default -> {
                return false;
            }
        }
    }

    private void forward(SpdyStream data, SpdyStream error) {
        try {
            try (NodeStream node = open.apply(port(data))) {
                Thread input = Thread.ofVirtual().name("port-forward-input").start(() -> copyInput(data, node));
                try {
                    copyOutput(node, data, error);
                } finally {
                    input.interrupt();
                }
            } catch (RuntimeException e) {
                error.write(
                        String.valueOf(Failures.toApiException(e).getMessage()).getBytes(UTF_8));
            }
            data.finish();
            error.finish();
        } catch (IOException e) {
            // the client has gone, and its connection with it
        }
    }

    private static int port(SpdyStream stream) {
        String port = stream.header("port");
        return port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0;
    }

    private static void copyOutput(NodeStream node, SpdyStream data, SpdyStream error) throws IOException {
        for (StreamFrame frame = node.read(); frame != null; frame = node.read()) {
            if (frame.hasStdout()) {
                data.write(frame.getStdout().toByteArray());
            } else if (frame.hasEnd() && !frame.getEnd().getError().isEmpty()) {
                error.write(frame.getEnd().getError().getBytes(UTF_8));
            }
        }
    }

    private static void copyInput(SpdyStream data, NodeStream node) {
        try {
            for (byte[] bytes = data.read(); bytes != null; bytes = data.read()) {
                send(node, bytes, 0);
            }
            node.write(StreamFrame.newBuilder().setStdinEnd(true).build());
        } catch (IOException e) {
            node.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends what comes after {@code from}, in pieces that a frame may have. */
    static void send(NodeStream node, byte[] bytes, int from) throws IOException {
        for (int at = from; at < bytes.length; at += CHUNK) {
            node.write(StreamFrame.newBuilder()
                    .setStdin(ByteString.copyFrom(bytes, at, Math.min(CHUNK, bytes.length - at)))
                    .build());
        }
    }
}
