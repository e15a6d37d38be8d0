package dev.gantry.controlplane.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.http.ApiServer;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.CertificateAuthenticator;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.http.TestIdentity;
import dev.gantry.controlplane.http.User;
import dev.gantry.controlplane.identity.JoinTokenRoutes;
import dev.gantry.controlplane.identity.JoinTokens;
import dev.gantry.controlplane.resource.DefaultNamespaces;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.net.ssl.SSLContext;

/** The real server over TLS on loopback, with a store in memory. */
final class ApiFixture implements AutoCloseable {
    static final String TOKEN = "a-token-of-the-test";

    final InMemoryObjectStore store;
    final ResourceEngine engine;
    final FakeNodeStreams nodes = new FakeNodeStreams();
    final TestIdentity identity = new TestIdentity();
    final SSLContext administrator = identity.client("alice", BuiltInRoles.ADMINISTRATORS);
    final HttpClient http = client(administrator);
    private final ApiServer server;

    ApiFixture() {
        this(new InMemoryObjectStore());
    }

    ApiFixture(InMemoryObjectStore store) {
        this.store = store;
        engine = new ResourceEngine(
                BuiltInKinds.table(BuiltInKinds.Settings.DEFAULTS, new Random(1)),
                store,
                Clock.systemUTC(),
                new Random(2));
        DefaultNamespaces.ensure(engine, null);
        BuiltInRoles roles = new BuiltInRoles();
        Routes routes = new Routes();
        JoinTokens tokens = new JoinTokens(store, "0".repeat(64), Clock.systemUTC(), new SecureRandom());
        JoinTokenRoutes.register(routes, tokens, roles, () -> List.of("192.0.2.1:6443"));
        new KubernetesApi(engine, roles, nodes, () -> true, "test").addTo(routes);
        ApiServer.Builder builder = ApiServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(identity.server())
                .routes(routes)
                .authorizer(roles)
                .authenticator(new CertificateAuthenticator()
                        .or(credentials -> TOKEN.equals(credentials.bearerToken())
                                ? Optional.of(new User("bob", List.of(BuiltInRoles.ADMINISTRATORS)))
                                : Optional.empty()));
        KubernetesApi.OPEN_PATHS.forEach(builder::openPath);
        server = builder.build().start();
    }

    static HttpClient client(SSLContext tls) {
        return HttpClient.newBuilder()
                .sslContext(tls)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    URI uri(String path) {
        return URI.create(
                "https://127.0.0.1:%d%s".formatted(server.addresses().getFirst().getPort(), path));
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
    }

    Answer get(String path) {
        return send(request(path).GET());
    }

    Answer post(String path, String json) {
        return with("POST", path, "application/json", json);
    }

    Answer put(String path, JsonNode json) {
        return with("PUT", path, "application/json", json.toString());
    }

    Answer patch(String path, String type, String patch) {
        return with("PATCH", path, "application/" + type, patch);
    }

    Answer delete(String path, String options) {
        return with("DELETE", path, "application/json", options);
    }

    Answer with(String method, String path, String type, String body) {
        return send(request(path)
                .header("Content-Type", type)
                .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8)));
    }

    Answer withProtobuf(String method, String path, byte[] body) {
        return send(request(path)
                .header("Content-Type", "application/vnd.kubernetes.protobuf")
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    Answer send(HttpRequest.Builder request) {
        return send(http, request);
    }

    Answer send(HttpClient client, HttpRequest.Builder request) {
        try {
            HttpResponse<byte[]> response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(
                    response.statusCode(), response.body(), response.headers().allValues("warning"), response);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    record Answer(int status, byte[] body, List<String> warnings, HttpResponse<byte[]> response) {
        JsonNode json() {
            try {
                return Json.read(body, false);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(text(), e);
            }
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        store.close();
        // Netty stays quiet for two seconds before its threads end: the next test need not wait for that
        Thread.ofVirtual().name("close-test-server").start(server::close);
    }
}
