package dev.gantry.cli.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Kubeconfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImageBuildTest {
    private static final String BUILT = """
            {"started":{"step":1}}
            {"result":{"digest":"sha256:1","error":""}}
            """;

    private final CompletableFuture<Boolean> arrivedWhole = new CompletableFuture<>();
    private final HttpServer server;
    private String answer = BUILT;

    ImageBuildTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    @BeforeEach
    void serve() {
        server.createContext("/apis/gantry.dev/v1/builds", exchange -> {
            try {
                exchange.getRequestBody().readAllBytes();
                arrivedWhole.complete(true);
            } catch (IOException e) {
                arrivedWhole.complete(false);
                throw e;
            }
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void eventsAndTheResultComeBack() throws IOException {
        List<String> events = new ArrayList<>();
        try (ApiClient client = client()) {
            var result = new ImageBuild(client)
                    .run(ImageBuild.Query.named("a:1"), out -> out.write(1), event -> events.add(event.toString()));
            assertThat(result.path("digest").asText()).isEqualTo("sha256:1");
        }
        assertThat(events).containsExactly("{\"started\":{\"step\":1}}");
    }

    /** Otherwise an image that lacks files would be built, and take the name. */
    @Test
    void aContextThatCantBeReadWholeNeverArrivesAsAWholeOne() {
        try (ApiClient client = client()) {
            assertThatThrownBy(() -> new ImageBuild(client)
                            .run(
                                    ImageBuild.Query.named("a:1"),
                                    out -> {
                                        out.write(new byte[1000]);
                                        throw new Failure("cannot read secret.txt");
                                    },
                                    event -> {}))
                    .isInstanceOf(Failure.class)
                    .hasMessage("cannot read secret.txt");
        }
        // an answer would have come only after the whole body
        assertThat(arrivedWhole.getNow(false)).isFalse();
    }

    @Test
    void aFailedBuildNamesTheLine() {
        answer = "{\"result\":{\"digest\":\"\",\"error\":\"no such file: x\",\"errorLine\":3}}\n";
        try (ApiClient client = client()) {
            assertThatThrownBy(() -> new ImageBuild(client).run(ImageBuild.Query.named("a:1"), out -> {}, event -> {}))
                    .hasMessage("Dockerfile:3: no such file: x");
        }
    }

    private ApiClient client() {
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        return new ApiClient(new Kubeconfig(uri, null, null, null, null, "default"));
    }
}
