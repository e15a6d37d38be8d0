package dev.gantry.cli.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Requests to the API server. Every failure is an {@link ApiFailure} (the server's answer) or a {@link Failure} (no answer). Safe for many threads. */
public final class ApiClient implements AutoCloseable {
    public static final String MERGE_PATCH = "application/merge-patch+json";
    public static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";
    public static final String JSON_PATCH = "application/json-patch+json";
    public static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Pattern NAMESPACED = Pattern.compile(".*/namespaces/([^/]+)/.+");
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

    private final Kubeconfig config;
    private final HttpClient http;

    public ApiClient(Kubeconfig config) {
        this.config = config;
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT);
        if ("https".equals(config.server().getScheme())) {
            builder.sslContext(Tls.context(config));
        }
        this.http = builder.build();
    }

    public Kubeconfig config() {
        return config;
    }

    public JsonNode get(String path) {
        return json(send(request(path).GET().timeout(REQUEST_TIMEOUT)));
    }

    /** The list as a Table, with the whole objects in its rows when {@code wholeObjects}. */
    public JsonNode table(String path) {
        return json(send(request(path).GET().timeout(REQUEST_TIMEOUT).setHeader("Accept", TABLE)));
    }

    public JsonNode post(String path, JsonNode body) {
        return json(send(withBody(path, "POST", "application/json", body)));
    }

    public JsonNode put(String path, JsonNode body) {
        return json(send(withBody(path, "PUT", "application/json", body)));
    }

    public JsonNode patch(String path, String contentType, JsonNode body) {
        return json(send(withBody(path, "PATCH", contentType, body)));
    }

    public JsonNode delete(String path, ObjectNode options) {
        return json(send(withBody(path, "DELETE", "application/json", options)));
    }

    /** The bytes of an answer as they come; the caller closes it. No time limit. */
    public InputStream stream(String path) {
        return send(request(path).GET(), BodyHandlers.ofInputStream()).body();
    }

    /** Sends a body as it is produced, and reads the answer as it comes. No time limit. */
    public InputStream upload(String path, String contentType, BodyPublisher body) {
        HttpRequest.Builder builder = request(path).POST(body).setHeader("Content-Type", contentType);
        return send(builder, BodyHandlers.ofInputStream()).body();
    }

    /** A watch: one JSON object a line. */
    public Watch watch(String path, boolean table) {
        HttpRequest.Builder builder = request(path).GET();
        if (table) {
            builder.setHeader("Accept", TABLE);
        }
        return new Watch(send(builder, BodyHandlers.ofInputStream()).body());
    }

    /** Opens a WebSocket with one of the sub-protocols; the first is preferred. */
    public WebSocket webSocket(String path, List<String> protocols, WebSocket.Listener listener) {
        WebSocket.Builder builder = http.newWebSocketBuilder().connectTimeout(CONNECT_TIMEOUT);
        builder.subprotocols(
                protocols.getFirst(), protocols.subList(1, protocols.size()).toArray(String[]::new));
        if (config.token() != null) {
            builder.header("Authorization", "Bearer " + config.token());
        }
        URI uri = uri(path);
        URI webSocketUri = URI.create((uri.getScheme().equals("https") ? "wss" : "ws")
                + uri.toString().substring(uri.getScheme().length()));
        try {
            return builder.buildAsync(webSocketUri, listener).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof java.net.http.WebSocketHandshakeException refused) {
                throw refusedUpgrade(path, refused);
            }
            throw unreachable(e.getCause() instanceof IOException io ? io : new IOException(e.getCause()));
        }
    }

    /** The handshake's answer has no body here: the same request without an upgrade brings the server's sentence. */
    private ApiFailure refusedUpgrade(String path, java.net.http.WebSocketHandshakeException refused) {
        try {
            get(path);
        } catch (ApiFailure failure) {
            return failure;
        }
        return new ApiFailure(
                refused.getResponse().statusCode(),
                "UpgradeRefused",
                "the server refused to open a stream (HTTP %d)"
                        .formatted(refused.getResponse().statusCode()),
                List.of());
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri(path)).setHeader("User-Agent", "gantry");
        if (config.token() != null) {
            builder.setHeader("Authorization", "Bearer " + config.token());
        }
        return builder;
    }

    private URI uri(String path) {
        String base = config.server().toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
    }

    private HttpRequest.Builder withBody(String path, String method, String contentType, JsonNode body) {
        return request(path)
                .method(method, BodyPublishers.ofString(body.toString(), UTF_8))
                .setHeader("Content-Type", contentType)
                .timeout(REQUEST_TIMEOUT);
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) {
        return sendRaw(request, BodyHandlers.ofByteArray());
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request, HttpResponse.BodyHandler<InputStream> handler) {
        HttpResponse<InputStream> response = sendRaw(request, handler);
        if (response.statusCode() >= 300) {
            try (InputStream body = response.body()) {
                throw failure(response, body.readAllBytes());
            } catch (IOException e) {
                throw unreachable(e);
            }
        }
        return response;
    }

    private <T> HttpResponse<T> sendRaw(HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request.build(), handler);
        } catch (IOException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(130, "interrupted");
        }
    }

    private JsonNode json(HttpResponse<byte[]> response) {
        if (response.statusCode() >= 300) {
            throw failure(response, response.body());
        }
        response.headers().allValues("Warning").forEach(Warnings::print);
        try {
            return MAPPER.readTree(response.body());
        } catch (IOException e) {
            throw new Failure(
                    "%s answered something that is not JSON; is it a Gantry or Kubernetes API server?"
                            .formatted(config.server()),
                    e);
        }
    }

    static ApiFailure failure(int code, byte[] body) {
        String text = new String(body, UTF_8);
        try {
            JsonNode status = MAPPER.readTree(text);
            if (status != null && status.path("kind").asText().equals("Status")) {
                List<ApiFailure.Cause> causes = new ArrayList<>();
                for (JsonNode cause : status.at("/details/causes")) {
                    causes.add(new ApiFailure.Cause(
                            cause.path("field").asText(), cause.path("message").asText()));
                }
                return new ApiFailure(
                        code,
                        status.path("reason").asText(),
                        status.path("message").asText(),
                        causes);
            }
        } catch (JsonProcessingException e) {
            // not a Status: shown as it came
        }
        return new ApiFailure(code, "", "the server answered HTTP %d: %s".formatted(code, text.strip()), List.of());
    }

    /** A server names what it did not find, but not where it looked. */
    private static ApiFailure failure(HttpResponse<?> response, byte[] body) {
        ApiFailure failure = failure(response.statusCode(), body);
        Matcher namespace = NAMESPACED.matcher(response.request().uri().getPath());
        return failure.notFound()
                        && namespace.matches()
                        && failure.reason().equals("NotFound")
                        && !String.valueOf(failure.getMessage()).startsWith("namespaces ")
                ? new ApiFailure(
                        failure.code(),
                        failure.reason(),
                        "%s in namespace \"%s\"".formatted(failure.getMessage(), namespace.group(1)),
                        failure.causes())
                : failure;
    }

    private Failure unreachable(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return new Failure(
                        "the host \"%s\" of this kubeconfig's cluster is unknown: check its server, %s"
                                .formatted(config.server().getHost(), config.server()),
                        e);
            }
        }
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause && !(cause instanceof SSLException)) {
            cause = cause.getCause();
        }
        if (cause instanceof SSLException) {
            return new Failure(
                    "%s is not the cluster of this kubeconfig, or does not accept its certificate: %s"
                            .formatted(config.server(), reason((SSLException) cause)),
                    e);
        }
        if (cause instanceof ConnectException || cause instanceof java.nio.channels.ClosedChannelException) {
            return new Failure(
                    "no control plane answers at %s: start one with 'gantry up', or look at 'gantry status'"
                            .formatted(config.server()),
                    e);
        }
        return new Failure("the connection to %s broke: %s".formatted(config.server(), e), e);
    }

    /** The JDK's sentence about a certificate that nobody here trusts names its own classes. */
    private static String reason(SSLException refusal) {
        String message = String.valueOf(refusal.getMessage());
        return message.contains("PKIX path") ? "another authority has signed the server's certificate" : message;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    /** The value of {@code NAME} as a query parameter's value. */
    public static String encode(@Nullable String value) {
        return java.net.URLEncoder.encode(value == null ? "" : value, UTF_8);
    }
}
