package dev.gantry.cli.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.api.Kubeconfig;
import dev.gantry.cli.api.Resource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that keeps changes for a while only: where a wait begins to watch, and what it does when that is forgotten. */
class RolloutWaitTest {
    private static final Resource DEPLOYMENTS = new Resource("apps", "v1", "deployments", "Deployment", true);
    private static final String COLLECTION = "/apis/apps/v1/namespaces/shop/deployments";

    private final HttpServer server;
    private final List<String> watchedFrom = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private int listRevision = 40;
    private int oldestKept = 40;
    private boolean exists = true;

    RolloutWaitTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    @BeforeEach
    void serve() {
        server.createContext(COLLECTION, exchange -> {
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            int code = 200;
            String body;
            if (query.contains("watch=true")) {
                String from = query.substring(query.indexOf("resourceVersion=") + "resourceVersion=".length());
                watchedFrom.add(from);
                code = Integer.parseInt(from) < oldestKept ? 410 : 200;
                body = code == 410
                        ? status(410, "Expired")
                        : "{\"type\":\"MODIFIED\",\"object\":" + deployment(1) + "}\n";
                oldestKept = listRevision;
            } else if (query.contains("metadata.name=web")) {
                body = "{\"metadata\":{\"resourceVersion\":\"" + listRevision++ + "\"},\"items\":["
                        + (exists ? deployment(0) : "") + "]}";
            } else {
                code = 404;
                body = status(404, "NotFound");
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(code, bytes.length);
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
    void watchesFromItsLookAndNotFromTheObjectsLatestChange() {
        await();
        assertThat(watchedFrom).containsExactly("40");
        assertThat(told).last().asString().contains("successfully rolled out");
    }

    @Test
    void looksAgainWhenTheServerHasForgottenWhatCameAfterItsLook() {
        oldestKept = 41;
        await();
        assertThat(watchedFrom).containsExactly("40", "41");
    }

    @Test
    void oneThatIsNotThereIsNamedByTheServer() {
        exists = false;
        assertThatThrownBy(this::await).isInstanceOf(ApiFailure.class).hasMessageContaining("NotFound");
    }

    private void await() {
        URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        try (ApiClient client = new ApiClient(new Kubeconfig(address, null, null, null, null, "shop"))) {
            RolloutWait.await(client, DEPLOYMENTS, "shop", "web", Duration.ofSeconds(20), told::add);
        }
    }

    private static String deployment(int available) {
        return """
                {"metadata":{"name":"web","generation":1,"resourceVersion":"7"},"spec":{"replicas":1},
                 "status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":%d}}""".formatted(available).replace("\n", "");
    }

    private static String status(int code, String reason) {
        return "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":%d,\"reason\":\"%s\",\"message\":\"%s\"}"
                .formatted(code, reason, reason);
    }
}
