package dev.gantry.controlplane.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.gantry.controlplane.http.Failures;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.StatusBody;
import dev.gantry.controlplane.http.WebSocketSession;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.stream.NodeStreams.NodeStream;
import dev.gantry.wire.node.v1.StreamEnd;
import dev.gantry.wire.node.v1.StreamFrame;
import dev.gantry.wire.node.v1.TerminalSize;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Kubernetes' channel protocol over WebSocket: the first byte of each message is its channel (0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 the
 * terminal's size; in version 5 also 255, which closes another channel).
 */
final class ChannelProtocol {
    static final List<String> VERSIONS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int STATUS = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;
    private static final int CHUNK = 32 * 1024;

    private final WebSocketSession session;
    private final NodeStream stream;

    private ChannelProtocol(WebSocketSession session, NodeStream stream) {
        this.session = session;
        this.stream = stream;
    }

    /** @param open dials the node; its failure is told as the stream's Status */
    static Response upgrade(Supplier<NodeStream> open, boolean stdin) {
        return Response.webSocket(VERSIONS, session -> {
            NodeStream stream;
            try {
                stream = open.get();
            } catch (RuntimeException e) {
                session.writeBinary(message(STATUS, StatusBody.of(Failures.toApiException(e))));
                return;
            }
            try (stream) {
                session.onClose(stream::close);
                ChannelProtocol protocol = new ChannelProtocol(session, stream);
                // what the client sends is always read: its pings and its close come there, too
                Thread.ofVirtual().name("stream-input").start(() -> protocol.copyInput(stdin));
                protocol.copyOutput();
            }
        });
    }

    private void copyOutput() throws IOException {
        for (StreamFrame frame = stream.read(); frame != null; frame = stream.read()) {
            switch (frame.getFrameCase()) {
                case STDOUT ->
                    session.writeBinary(message(STDOUT, frame.getStdout().toByteArray()));
                case STDERR ->
                    session.writeBinary(message(STDERR, frame.getStderr().toByteArray()));
                case END -> {
                    session.writeBinary(message(STATUS, status(frame.getEnd())));
                    return;
                }
                default -> {} // accepted: nothing to tell
            }
        }
    }

    private void copyInput(boolean stdin) {
        try {
            for (WebSocketSession.Message message = session.read(); message != null; message = session.read()) {
                byte[] bytes = message.bytes();
                if (bytes.length == 0) {
                    continue;
                }
                switch (bytes[0] & 0xff) {
                    case STDIN -> {
                        for (int at = 1; stdin && at < bytes.length; at += CHUNK) {
                            int length = Math.min(CHUNK, bytes.length - at);
                            stream.write(StreamFrame.newBuilder()
                                    .setStdin(ByteString.copyFrom(bytes, at, length))
                                    .build());
                        }
                    }
                    case RESIZE -> resize(bytes);
                    case CLOSE -> {
                        if (stdin && bytes.length > 1 && bytes[1] == STDIN) {
                            stream.write(
                                    StreamFrame.newBuilder().setStdinEnd(true).build());
                        }
                    }
                    default -> {} // channels that only the server writes
                }
            }
        } catch (IOException e) {
            stream.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void resize(byte[] bytes) throws IOException {
        JsonNode size = Json.read(Arrays.copyOfRange(bytes, 1, bytes.length), false);
        stream.write(StreamFrame.newBuilder()
                .setResize(TerminalSize.newBuilder()
                        .setColumns(size.path("Width").asInt(80))
                        .setRows(size.path("Height").asInt(24)))
                .build());
    }

    private static byte[] status(StreamEnd end) {
        ObjectNode status = Json.object();
        status.putObject("metadata");
        if (!end.getError().isEmpty()) {
            status.put("status", "Failure").put("reason", "InternalError").put("message", end.getError());
        } else if (end.getExitCode() != 0) {
            String code = Integer.toString(end.getExitCode());
            status.put("status", "Failure")
                    .put("reason", "NonZeroExitCode")
                    .put("message", "command terminated with non-zero exit code: " + code);
            status.putObject("details")
                    .putArray("causes")
                    .addObject()
                    .put("reason", "ExitCode")
                    .put("message", code);
        } else {
            status.put("status", "Success");
        }
        return status.toString().getBytes(UTF_8);
    }

    private static byte[] message(int channel, byte[] data) {
        byte[] message = new byte[data.length + 1];
        message[0] = (byte) channel;
        System.arraycopy(data, 0, message, 1, data.length);
        return message;
    }
}
