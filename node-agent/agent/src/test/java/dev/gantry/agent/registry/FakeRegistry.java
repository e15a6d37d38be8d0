package dev.gantry.agent.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.HttpRegistry;
import dev.gantry.common.registry.Manifest;
import dev.gantry.common.registry.Registry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A registry over plain HTTP on loopback that can be told to be a bad one. */
final class FakeRegistry implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();
    final Map<Digest, byte[]> manifests = new ConcurrentHashMap<>();
    final Set<Digest> indexes = ConcurrentHashMap.newKeySet();
    /** METHOD PATH RANGE */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** A connection is cut after so many bytes of a blob. */
    volatile int cutAfter = Integer.MAX_VALUE;

    volatile boolean ignoresRanges;
    /** Nothing more is sent, and the connection stays. */
    volatile boolean goesQuiet;

    volatile int refusesWith;
    /** Whom it lets in, as NAME:PASSWORD; empty for everybody. */
    volatile String user = "";
    /** Whether its token server is asked, instead of it itself. */
    volatile boolean wantsToken;

    final Map<String, Digest> tags = new ConcurrentHashMap<>();
    volatile CountDownLatch gate = new CountDownLatch(0);
    private final AtomicInteger uploads = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpRegistry client;

    FakeRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/v2/", this::serve);
        server.start();
        client = HttpRegistry.named(host(), null, PATIENCE);
    }

    Registry client() {
        return client;
    }

    Digest blob(byte[] content) {
        Digest digest = Digest.of(content);
        blobs.put(digest, content);
        return digest;
    }

    Digest manifest(byte[] content) {
        Digest digest = Digest.of(content);
        manifests.put(digest, content);
        return digest;
    }

    long downloads(Digest digest) {
        return requests.stream()
                .filter(request -> request.startsWith("GET ") && request.contains("/blobs/" + digest))
                .count();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            URI uri = exchange.getRequestURI();
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add("%s %s %s".formatted(exchange.getRequestMethod(), uri.getPath(), range == null ? "" : range));
            gate.await();
            if (uri.getPath().equals("/v2/token")) {
                giveToken(exchange, uri);
                return;
            }
            if (!letsIn(exchange)) {
                return;
            }
            if (refusesWith > 0) {
                exchange.sendResponseHeaders(refusesWith, -1);
                return;
            }
            String[] parts = uri.getPath().split("/", -1);
            String last = parts[parts.length - 1];
            if (exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Location", uri.getPath() + "upload-" + uploads.incrementAndGet());
                exchange.sendResponseHeaders(202, -1);
            } else if (exchange.getRequestMethod().equals("PUT")) {
                put(exchange, last.startsWith("upload-"));
            } else if (uri.getPath().contains("/manifests/")) {
                Digest digest =
                        Digest.isDigest(last) ? Digest.parse(last) : tags.getOrDefault(last, Digest.of("no such tag"));
                exchange.getResponseHeaders()
                        .set("Content-Type", indexes.contains(digest) ? Manifest.OCI_INDEX : Manifest.OCI_MANIFEST);
                give(exchange, manifests.get(digest), null);
            } else {
                give(exchange, blobs.get(Digest.parse(last)), range);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean letsIn(HttpExchange exchange) throws IOException {
        String shown = exchange.getRequestHeaders().getFirst("Authorization");
        if (user.isEmpty() || (wantsToken ? "Bearer a-token" : basic()).equals(shown)) {
            return true;
        }
        exchange.getResponseHeaders()
                .set(
                        "WWW-Authenticate",
                        wantsToken
                                ? "Bearer realm=\"http://%s/v2/token\",service=\"fake\"".formatted(host())
                                : "Basic realm=\"fake\"");
        exchange.sendResponseHeaders(401, -1);
        return false;
    }

    private void giveToken(HttpExchange exchange, URI uri) throws IOException {
        if (!basic().equals(exchange.getRequestHeaders().getFirst("Authorization"))
                || !uri.getQuery().contains("service=fake")
                || !uri.getQuery().contains("scope=repository:shop/web:pull")) {
            exchange.sendResponseHeaders(401, -1);
            return;
        }
        byte[] body = "{\"token\":\"a-token\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    private String basic() {
        return "Basic "
                + java.util.Base64.getEncoder().encodeToString(user.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void put(HttpExchange exchange, boolean isBlob) throws IOException {
        byte[] content = exchange.getRequestBody().readAllBytes();
        if (isBlob) {
            String query = exchange.getRequestURI().getQuery();
            Digest digest = Digest.parse(query.substring("digest=".length()));
            if (!digest.equals(Digest.of(content))) {
                exchange.sendResponseHeaders(400, -1);
                return;
            }
            blobs.put(digest, content);
        } else {
            manifest(content);
        }
        exchange.sendResponseHeaders(201, -1);
    }

    private void give(HttpExchange exchange, byte @Nullable [] content, @Nullable String range)
            throws IOException, InterruptedException {
        if (content == null) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        int offset = 0;
        if (range != null && !ignoresRanges) {
            offset = Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes %d-%d/%d".formatted(offset, content.length - 1, content.length));
        }
        byte[] part = Arrays.copyOfRange(content, offset, content.length);
        boolean isBlob = exchange.getRequestURI().getPath().contains("/blobs/");
        exchange.sendResponseHeaders(offset > 0 ? 206 : 200, part.length == 0 ? -1 : part.length);
        OutputStream out = exchange.getResponseBody();
        int sent = isBlob ? Math.min(cutAfter, part.length) : part.length;
        out.write(part, 0, sent);
        out.flush();
        if (isBlob && goesQuiet) {
            closed.await();
        }
        // closing the exchange early cuts the connection
    }

    /** An image with these layers, each a pair of a blob and the diff id of what is in it. */
    Digest image(byte[] config, byte[]... layers) throws IOException {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        for (byte[] layer : layers) {
            list.writeBytes((list.size() == 0 ? "" : ",").getBytes(java.nio.charset.StandardCharsets.UTF_8));
            list.writeBytes(descriptor("application/vnd.oci.image.layer.v1.tar", blob(layer), layer.length)
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return manifest("""
                {"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}""".formatted(
                        Manifest.OCI_MANIFEST,
                        descriptor("application/vnd.oci.image.config.v1+json", blob(config), config.length),
                        list)
                .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    static String descriptor(String type, Digest digest, long bytes) {
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest, bytes);
    }

    @Override
    public void close() {
        closed.countDown();
        client.close();
        server.stop(0);
        threads.shutdownNow();
    }
}
