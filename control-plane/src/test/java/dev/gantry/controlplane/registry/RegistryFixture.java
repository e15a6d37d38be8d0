package dev.gantry.controlplane.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.HttpRegistry;
import dev.gantry.common.registry.Manifest;
import dev.gantry.controlplane.http.ApiServer;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.http.TestIdentity;
import dev.gantry.controlplane.resource.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;

/** A registry behind the real server over TLS on loopback. */
final class RegistryFixture implements AutoCloseable {
    final TestIdentity identity;
    final FakeImageNames names;
    final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    final ClusterRegistry registry;
    final HttpClient administrator;
    private final ApiServer server;

    RegistryFixture(Path directory) throws IOException {
        this(directory, new TestIdentity(), new FakeImageNames(), List.of());
    }

    RegistryFixture(Path directory, TestIdentity identity, FakeImageNames names, List<String> others)
            throws IOException {
        this.identity = identity;
        this.names = names;
        BuiltInRoles roles = new BuiltInRoles();
        registry = ClusterRegistry.open(
                directory,
                roles,
                names,
                new PeerBlobs(() -> others, identity.client("gantry-control-plane", BuiltInRoles.CONTROL_PLANES)),
                now::get,
                new SecureRandom());
        Routes routes = new Routes();
        ApiServer.Builder builder = ApiServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(identity.server())
                .routes(routes);
        registry.addTo(routes, builder);
        server = builder.build().start();
        administrator = client(identity.client("alice", BuiltInRoles.ADMINISTRATORS));
    }

    static HttpClient client(SSLContext tls) {
        return HttpClient.newBuilder()
                .sslContext(tls)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    HttpClient node(String name) {
        return client(identity.client("system:node:" + name, BuiltInRoles.NODES));
    }

    /** As an agent has it. */
    HttpRegistry asNode(String name) {
        return HttpRegistry.ofCluster(address(), identity.client("system:node:" + name, BuiltInRoles.NODES));
    }

    String address() {
        return "127.0.0.1:" + server.addresses().getFirst().getPort();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("https://" + address() + path)).timeout(Duration.ofSeconds(30));
    }

    record Answer(HttpResponse<byte[]> response) {
        int status() {
            return response.statusCode();
        }

        byte[] body() {
            return response.body();
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        String code() {
            return json().at("/errors/0/code").asText();
        }

        JsonNode json() {
            try {
                return Json.read(response.body(), false);
            } catch (IOException e) {
                throw new UncheckedIOException(new String(response.body(), UTF_8), e);
            }
        }
    }

    Answer send(HttpClient client, HttpRequest.Builder request) {
        try {
            return new Answer(client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    Answer get(String path) {
        return send(administrator, request(path));
    }

    Answer head(String path) {
        return send(administrator, request(path).HEAD());
    }

    Answer delete(String path) {
        return send(administrator, request(path).DELETE());
    }

    Answer post(String path, byte[] body) {
        return send(administrator, request(path).POST(BodyPublishers.ofByteArray(body)));
    }

    Answer put(String path, byte[] body) {
        return send(administrator, request(path).PUT(BodyPublishers.ofByteArray(body)));
    }

    Answer patch(String path, String range, byte[] body) {
        return send(
                administrator,
                request(path)
                        .header("Content-Range", range)
                        .header("Content-Type", "application/octet-stream")
                        .method("PATCH", BodyPublishers.ofByteArray(body)));
    }

    Answer putManifest(String repository, String reference, byte[] manifest) {
        return send(
                administrator,
                request("/v2/%s/manifests/%s".formatted(repository, reference))
                        .header("Content-Type", Manifest.OCI_MANIFEST)
                        .PUT(BodyPublishers.ofByteArray(manifest)));
    }

    /** In one request. */
    Digest pushBlob(String repository, byte[] content) {
        Digest digest = Digest.of(content);
        Answer answer = post("/v2/%s/blobs/uploads/?digest=%s".formatted(repository, digest), content);
        if (answer.status() != 201) {
            throw new IllegalStateException(new String(answer.body(), UTF_8));
        }
        return digest;
    }

    Optional<Digest> pushImage(String repository, String tag, byte[] layer) {
        byte[] config = "{\"for\":\"%s\"}".formatted(Digest.of(layer)).getBytes(UTF_8);
        pushBlob(repository, config);
        pushBlob(repository, layer);
        byte[] manifest = manifest(config, layer);
        return putManifest(repository, tag, manifest).status() == 201
                ? Optional.of(Digest.of(manifest))
                : Optional.empty();
    }

    static byte[] manifest(byte[] config, byte[]... layers) {
        StringBuilder list = new StringBuilder();
        for (byte[] layer : layers) {
            list.append(list.isEmpty() ? "" : ",")
                    .append(descriptor("application/vnd.oci.image.layer.v1.tar", Digest.of(layer), layer.length));
        }
        return """
                {"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}""".formatted(
                        Manifest.OCI_MANIFEST,
                        descriptor("application/vnd.oci.image.config.v1+json", Digest.of(config), config.length),
                        list)
                .getBytes(UTF_8);
    }

    private static String descriptor(String type, Digest digest, long bytes) {
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest, bytes);
    }

    @Override
    public void close() {
        registry.close();
        administrator.shutdownNow();
        // Netty stays quiet for two seconds before its threads end: the next test need not wait for that
        Thread.ofVirtual().name("close-test-server").start(server::close);
    }
}
