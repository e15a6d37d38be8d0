package dev.gantry.controlplane.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.wire.build.v1.BuildRequest;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Logs, exec, attach and builds. */
final class StreamsTest {
    private static final String POD = "/api/v1/namespaces/default/pods/p";

    private final ApiFixture api = new ApiFixture();
    private final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
    private final BlockingQueue<Integer> closes = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        api.close();
    }

    @BeforeEach
    void createPod() {
        api.post("/api/v1/namespaces/default/pods", """
                {"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"i:1"},{"name":"b","image":"i:1"}]}}""");
    }

    private void bind() {
        api.post(POD + "/binding", "{\"target\":{\"name\":\"a1\"}}");
    }

    @Test
    void streamsLogsOfTheContainerMeant() {
        assertThat(api.get(POD + "/log?container=a").json().path("message").asText())
                .contains("does not have a host");
        bind();
        Answer log = api.get(POD + "/log?container=a&tailLines=5&previous=true&timestamps=true&limitBytes=100");
        assertThat(log.text()).isEqualTo("one\ntwo\n");
        assertThat(log.response().headers().firstValue("content-type").orElse(""))
                .startsWith("text/plain");
        assertThat(api.nodes.logs.getFirst().getTailLines()).isEqualTo(5);
        assertThat(api.nodes.logs.getFirst().getPrevious()).isTrue();
        assertThat(api.get(POD + "/log").json().path("message").asText()).contains("choose one of: [a, b]");
        assertThat(api.get(POD + "/log?container=zzz").status()).isEqualTo(400);
        assertThat(api.get(POD + "/log?container=a&tailLines=x").status()).isEqualTo(400);
        assertThat(api.get("/api/v1/namespaces/default/pods/none/log").status()).isEqualTo(404);
        api.nodes.away = true;
        assertThat(api.get(POD + "/log?container=a").status()).isEqualTo(503);
    }

    /** Clients whose open sockets nobody waits for. */
    private final class Clients implements AutoCloseable {
        private final HttpClient administrator = ApiFixture.client(api.administrator);
        private final HttpClient node = ApiFixture.client(api.identity.client("system:node:a1", "system:nodes"));

        @Override
        public void close() {
            administrator.shutdownNow();
            node.shutdownNow();
        }
    }

    private WebSocket open(HttpClient client, String path, String origin, String... protocols) throws Exception {
        WebSocket.Builder builder = client.newWebSocketBuilder();
        if (!origin.isEmpty()) {
            builder.header("Origin", origin);
        }
        if (protocols.length > 0) {
            builder.subprotocols(protocols[0], java.util.Arrays.copyOfRange(protocols, 1, protocols.length));
        }
        return builder.buildAsync(URI.create(api.uri(path).toString().replace("https", "wss")), new Receiver())
                .get(20, TimeUnit.SECONDS);
    }

    private final class Receiver implements WebSocket.Listener {
        private final ByteArrayOutputStream part = new ByteArrayOutputStream();

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            part.writeBytes(bytes);
            if (last) {
                messages.add(part.toByteArray());
                part.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int statusCode, String reason) {
            closes.add(statusCode);
            return null;
        }
    }

    private static ByteBuffer message(int channel, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return ByteBuffer.allocate(bytes.length + 1)
                .put((byte) channel)
                .put(bytes)
                .flip();
    }

    private String next(int channel) throws InterruptedException {
        byte[] message = messages.poll(20, TimeUnit.SECONDS);
        assertThat(message).isNotNull();
        assertThat(message[0]).isEqualTo((byte) channel);
        return new String(message, 1, message.length - 1, UTF_8);
    }

    @Test
    void executesOverChannelsAndTellsTheExitCode() throws Exception {
        bind();
        try (Clients clients = new Clients()) {
            HttpClient client = clients.administrator;
            String path = POD + "/exec?container=a&command=cat&command=-n&stdin=true&stdout=true&stderr=true";
            WebSocket socket = open(client, path, "", "v5.channel.k8s.io", "v4.channel.k8s.io");
            assertThat(socket.getSubprotocol()).isEqualTo("v5.channel.k8s.io");
            socket.sendBinary(message(0, "hello"), true).get(20, TimeUnit.SECONDS);
            assertThat(next(1)).isEqualTo("hello");
            assertThat(api.nodes.execs.getFirst().getCommandList()).containsExactly("cat", "-n");
            socket.sendBinary(message(4, "{\"Width\":120,\"Height\":40}"), true).get(20, TimeUnit.SECONDS);
            socket.sendBinary(ByteBuffer.wrap(new byte[] {(byte) 255, 0}), true).get(20, TimeUnit.SECONDS);
            JsonNode status = Json.read(next(3).getBytes(UTF_8), false);
            assertThat(status.path("reason").asText()).isEqualTo("NonZeroExitCode");
            assertThat(status.at("/details/causes/0/message").asText()).isEqualTo("3");
            assertThat(api.nodes.sent).anyMatch(frame -> frame.getResize().getColumns() == 120);
        }
    }

    @Test
    void attachesInTheOlderProtocolToo() throws Exception {
        bind();
        try (Clients clients = new Clients()) {
            HttpClient client = clients.administrator;
            WebSocket socket = open(client, POD + "/attach?container=b&stdout=true", "", "v4.channel.k8s.io");
            assertThat(socket.getSubprotocol()).isEqualTo("v4.channel.k8s.io");
            assertThat(next(1)).isEqualTo("attached\n");
            assertThat(next(3)).contains("Success");
        }
    }

    @Test
    void forwardsPortsOverChannels() throws Exception {
        bind();
        try (Clients clients = new Clients()) {
            WebSocket socket =
                    open(clients.administrator, POD + "/portforward?ports=9&ports=7", "", "v4.channel.k8s.io");
            for (int channel = 0; channel < 4; channel++) {
                byte[] announced = java.util.Objects.requireNonNull(messages.poll(20, TimeUnit.SECONDS));
                assertThat(announced).containsExactly(channel, channel < 2 ? 9 : 7, 0);
            }
            assertThat(next(3)).contains("nothing listens on port 7");
            socket.sendBinary(ByteBuffer.wrap(new byte[] {0, 'h', 'i'}), true).join();
            assertThat(next(0)).isEqualTo("hi");
            socket.abort();

            HttpClient node = clients.node;
            assertThatThrownBy(() -> open(node, POD + "/portforward?ports=9", "", "v4.channel.k8s.io"))
                    .hasCauseInstanceOf(java.net.http.WebSocketHandshakeException.class);
        }
        assertThat(api.get(POD + "/portforward?ports=9").status()).isEqualTo(400);
    }

    @RepeatedTest(20)
    void closesInOrderAfterTheLastWord() throws Exception {
        bind();
        try (Clients clients = new Clients()) {
            // stdin stays open, as kubectl leaves it: the client has nothing more to say, but has not said so
            open(clients.administrator, POD + "/attach?container=b&stdout=true&stdin=true", "", "v5.channel.k8s.io");
            assertThat(next(1)).isEqualTo("attached\n");
            assertThat(next(3)).contains("Success");
            assertThat(closes.poll(20, TimeUnit.SECONDS)).isEqualTo(WebSocket.NORMAL_CLOSURE);
        }
    }

    @Test
    void refusesStreamsBeforeTheUpgrade() throws Exception {
        bind();
        assertThat(api.get(POD + "/exec?container=a&command=ls&stdout=true").status())
                .isEqualTo(400);
        try (Clients clients = new Clients()) {
            HttpClient client = clients.administrator;
            HttpClient node = clients.node;
            String exec = POD + "/exec?container=a&command=ls&stdout=true";
            for (var refused : List.of(
                    (org.assertj.core.api.ThrowableAssert.ThrowingCallable)
                            () -> open(client, exec, "https://evil.example", "v5.channel.k8s.io"),
                    () -> open(node, exec, "", "v5.channel.k8s.io"),
                    () -> open(client, POD + "/exec?container=zzz&command=ls", "", "v5.channel.k8s.io"))) {
                assertThatThrownBy(refused).hasCauseInstanceOf(java.net.http.WebSocketHandshakeException.class);
            }
            assertThat(api.nodes.execs).isEmpty();
            String own = "https://" + api.uri("/").getAuthority();
            WebSocket allowed = open(client, exec, own, "v5.channel.k8s.io");
            assertThat(allowed.getSubprotocol()).isEqualTo("v5.channel.k8s.io");
            allowed.abort();
        }
    }

    @Test
    void streamsABuild() {
        byte[] context = new byte[5_000_000];
        HttpRequest.Builder request = api.request(
                        "/apis/gantry.dev/v1/builds?name=web:1&dockerfile=D&buildArg=A%3Db%3Dc&label=l%3Dv&target=t&noCache=true")
                .header("Content-Type", "application/x-tar")
                .POST(HttpRequest.BodyPublishers.ofByteArray(context));
        String[] lines = api.send(request).text().split("\n");
        assertThat(lines).hasSize(3);
        assertThat(lines[0]).isEqualTo("""
                {"started":{"step":1,"steps":1,"stage":"","instruction":"FROM scratch"}}""");
        assertThat(lines[1]).contains("\"output\"").contains("hello");
        assertThat(lines[2]).isEqualTo("""
                {"result":{"digest":"sha256:abc","bytes":5000000,"error":"","errorLine":0,"exitCode":0}}""");
        BuildRequest build = java.util.Objects.requireNonNull(api.nodes.build);
        assertThat(build.getArgsMap()).containsEntry("A", "b=c");
        assertThat(build.getNamesList()).containsExactly("web:1");
        assertThat(build.getNoCache()).isTrue();
        assertThat(api.post("/apis/gantry.dev/v1/builds?name=Not%20A%20Name", "")
                        .status())
                .isEqualTo(400);
        assertThat(api.post("/apis/gantry.dev/v1/builds?buildArg=x", "").status())
                .isEqualTo(400);
    }
}
