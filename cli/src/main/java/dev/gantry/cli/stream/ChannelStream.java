package dev.gantry.cli.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' channel protocol over a WebSocket (v5.channel.k8s.io): the first byte of each message is the channel. Joins it to the process' own
 * streams until the remote end says how it ended.
 */
final class ChannelStream implements WebSocket.Listener {
    private static final List<String> PROTOCOLS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Console console;
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

    private ChannelStream(Console console) {
        this.console = console;
    }

    /** Blocks until the remote end is done. @return its exit code */
    static int run(ApiClient client, Console console, String path, boolean stdin, boolean terminal) {
        ChannelStream stream = new ChannelStream(console);
        WebSocket socket = client.webSocket(path, PROTOCOLS, stream);
        Sender sender = new Sender(socket);
        if (terminal) {
            Thread.ofVirtual().name("terminal-size").start(() -> stream.reportSizes(sender));
        }
        if (stdin) {
            Thread.ofPlatform().daemon().name("stdin").start(() -> copyStdin(console.in(), sender));
        }
        try {
            return stream.ended.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        } finally {
            socket.abort();
            console.out().flush();
        }
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        partial.writeBytes(bytes);
        if (last) {
            byte[] message = partial.toByteArray();
            partial.reset();
            if (message.length > 0) {
                message(message[0] & 0xff, message);
            }
        }
        socket.request(1);
        return CompletableFuture.completedFuture(null);
    }

    private void message(int channel, byte[] message) {
        switch (channel) {
            case STDOUT -> write(console.out(), message);
            case STDERR -> write(console.err(), message);
            case ERROR -> ended(new String(message, 1, message.length - 1, UTF_8));
            default -> {} // channels of later protocol versions
        }
    }

    private static void write(PrintStream to, byte[] message) {
        to.write(message, 1, message.length - 1);
        to.flush();
    }

    private void ended(String statusText) {
        try {
            JsonNode status = MAPPER.readTree(statusText);
            if (status.path("status").asText().equals("Success")) {
                ended.complete(0);
                return;
            }
            for (JsonNode cause : status.at("/details/causes")) {
                if (cause.path("reason").asText().equals("ExitCode")) {
                    ended.complete(Integer.parseInt(cause.path("message").asText()));
                    return;
                }
            }
            ended.completeExceptionally(
                    new dev.gantry.cli.Failure(status.path("message").asText("the stream failed")));
        } catch (IOException | NumberFormatException e) {
            ended.completeExceptionally(new dev.gantry.cli.Failure("the stream ended with: " + statusText, e));
        }
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int statusCode, String reason) {
        if (statusCode == WebSocket.NORMAL_CLOSURE) {
            ended.complete(0);
        } else {
            ended.completeExceptionally(
                    new dev.gantry.cli.Failure("the stream broke%s".formatted(reason.isEmpty() ? "" : ": " + reason)));
        }
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        ended.completeExceptionally(new dev.gantry.cli.Failure("the stream broke: " + error.getMessage(), error));
    }

    private void reportSizes(Sender sender) {
        int[] last = new int[0];
        while (!ended.isDone()) {
            int[] size = TerminalMode.size();
            if (!java.util.Arrays.equals(size, last)) {
                last = size;
                byte[] json = "{\"Width\":%d,\"Height\":%d}"
                        .formatted(size[0], size[1])
                        .getBytes(UTF_8);
                sender.send(RESIZE, json, json.length);
            }
            try {
                ended.copy().get(1, java.util.concurrent.TimeUnit.SECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                continue; // look at the size again
            } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
                return;
            }
        }
    }

    private static void copyStdin(InputStream in, Sender sender) {
        byte[] buffer = new byte[16 * 1024];
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sender.send(STDIN, buffer, n);
            }
            sender.send(CLOSE, new byte[] {STDIN}, 1);
        } catch (IOException e) {
            sender.send(CLOSE, new byte[] {STDIN}, 1);
        }
    }

    /** One message at a time, as the JDK's WebSocket demands. */
    private static final class Sender {
        private final WebSocket socket;

        Sender(WebSocket socket) {
            this.socket = socket;
        }

        synchronized void send(int channel, byte[] data, int length) {
            ByteBuffer message = ByteBuffer.allocate(length + 1);
            message.put((byte) channel).put(data, 0, length).flip();
            try {
                socket.sendBinary(message, true).join();
            } catch (CompletionException e) {
                // the stream has ended: the listener has said so
            }
        }
    }
}
