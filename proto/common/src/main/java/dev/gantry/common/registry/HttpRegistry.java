package dev.gantry.common.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A registry over HTTP. */
public final class HttpRegistry implements Registry, AutoCloseable {
    /** How long a server may be quiet. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(10);
    private static final int MAX_ERROR = 1 << 16;
    private static final int MAX_SHOWN = 300;
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final String name;
    private final URI base;
    private final HttpClient client;
    private final RegistryCalls calls;

    private HttpRegistry(String name, URI base, HttpClient client, @Nullable Login login, Duration patience) {
        this.name = requireNonNull(name, "name is null");
        this.base = base;
        this.client = client;
        this.calls = new RegistryCalls(
                name, client, new Authentication(client, login, base.getScheme().equals("http")), patience);
    }

    /**
     * One of the cluster's own.
     *
     * @param address host:port
     * @param tls trusts the cluster's authority alone and shows who asks
     */
    public static HttpRegistry ofCluster(String address, SSLContext tls) {
        return new HttpRegistry(
                address, URI.create("https://" + address), client(requireNonNull(tls, "tls is null")), null, PATIENCE);
    }

    /**
     * One that an image's name begins with. TLS with the host's own trusted authorities; without TLS on a loopback address only.
     *
     * @param host host and optional port
     * @param login null for none
     */
    public static HttpRegistry named(String host, @Nullable Login login) {
        return named(host, login, PATIENCE);
    }

    /** @param patience how long the server may be quiet */
    public static HttpRegistry named(String host, @Nullable Login login, Duration patience) {
        return new HttpRegistry(host, RegistryHost.uri(host), client(null), login, patience);
    }

    private static HttpClient client(@Nullable SSLContext tls) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .connectTimeout(CONNECT_PATIENCE)
                // a connection a transfer: layers don't share one window
                .version(HttpClient.Version.HTTP_1_1)
                // by hand, or a password would follow to another host
                .followRedirects(HttpClient.Redirect.NEVER);
        return tls == null ? builder.build() : builder.sslContext(tls).build();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<Manifest> manifest(String repository, String reference) throws IOException {
        HttpRequest.Builder request = request(path(repository, "manifests", reference));
        Manifest.TYPES.forEach(type -> request.header("Accept", type));
        HttpResponse<IncomingBody> answer = calls.send(request.GET(), pull(repository));
        try (IncomingBody body = answer.body()) {
            if (answer.statusCode() == 404) {
                return Optional.empty();
            }
            expect(answer, 200, "the manifest %s of %s".formatted(reference, repository));
            byte[] bytes = body.readNBytes(Manifest.MAX_BYTES + 1);
            String type = answer.headers().firstValue("content-type").orElse("");
            Manifest manifest = Manifest.parse(type, bytes);
            if (Digest.isDigest(reference) && !manifest.digest().toString().equals(reference)) {
                throw new RegistryException(
                        0,
                        "%s sent a manifest of digest %s; expected %s".formatted(name, manifest.digest(), reference));
            }
            return Optional.of(manifest);
        }
    }

    @Override
    public Optional<Long> blobBytes(String repository, Digest digest) throws IOException {
        HttpResponse<IncomingBody> answer =
                calls.send(request(path(repository, "blobs", digest.toString())).HEAD(), pull(repository));
        try (IncomingBody body = answer.body()) {
            if (answer.statusCode() == 404) {
                return Optional.empty();
            }
            expect(answer, 200, "the length of " + digest);
            OptionalLong bytes = answer.headers().firstValueAsLong("content-length");
            return Optional.of(bytes.orElse(0));
        }
    }

    @Override
    public boolean hasManifest(String repository, Digest digest) throws IOException {
        HttpRequest.Builder request = request(path(repository, "manifests", digest.toString()));
        Manifest.TYPES.forEach(type -> request.header("Accept", type));
        HttpResponse<IncomingBody> answer = calls.send(request.HEAD(), pull(repository));
        try (IncomingBody body = answer.body()) {
            if (answer.statusCode() == 404) {
                return false;
            }
            expect(answer, 200, "whether it has " + digest);
            return true;
        }
    }

    @Override
    public Download download(String repository, Digest digest, long offset) throws IOException {
        HttpRequest.Builder request =
                request(path(repository, "blobs", digest.toString())).GET();
        if (offset > 0) {
            request.header("Range", "bytes=%d-".formatted(offset));
        }
        HttpResponse<IncomingBody> answer = calls.send(request, pull(repository));
        boolean whole = false;
        try {
            expect(answer, answer.statusCode() == 206 && offset > 0 ? 206 : 200, "the content " + digest);
            whole = answer.statusCode() == 200;
            if (!whole) {
                String range = answer.headers().firstValue("content-range").orElse("");
                if (!range.startsWith("bytes %d-".formatted(offset))) {
                    throw new RegistryException(
                            0, "%s sent the range \"%s\"; asked for was bytes %d-".formatted(name, range, offset));
                }
            }
        } catch (IOException e) {
            answer.body().close();
            throw e;
        }
        return new Answered(whole ? 0 : offset, answer.body());
    }

    private record Answered(long offset, IncomingBody content) implements Download {
        @Override
        public void close() {
            content.close();
        }
    }

    @Override
    public void upload(String repository, Digest digest, long bytes, Content content) throws IOException {
        HttpResponse<IncomingBody> begun = calls.send(
                request(path(repository, "blobs", "uploads") + "/").POST(BodyPublishers.noBody()), push(repository));
        URI location;
        try (IncomingBody body = begun.body()) {
            expect(begun, 202, "to begin an upload to " + repository);
            location = location(begun);
        }
        String target = location + (location.getRawQuery() == null ? "?" : "&") + "digest=" + digest;
        HttpRequest.Builder put =
                HttpRequest.newBuilder(URI.create(target)).header("Content-Type", "application/octet-stream");
        HttpResponse<IncomingBody> answer = calls.send(put, "PUT", bytes, content, push(repository));
        try (IncomingBody body = answer.body()) {
            expect(answer, 201, "the upload of " + digest);
        }
    }

    @Override
    public void putManifest(String repository, String reference, Manifest manifest) throws IOException {
        HttpRequest.Builder request = request(path(repository, "manifests", reference))
                .header("Content-Type", manifest.mediaType())
                .PUT(BodyPublishers.ofByteArray(manifest.bytes()));
        HttpResponse<IncomingBody> answer = calls.send(request, push(repository));
        try (IncomingBody body = answer.body()) {
            expect(answer, 201, "the manifest %s of %s".formatted(reference, repository));
        }
    }

    /** Nothing new is begun; what is under way ends by itself. */
    public void retire() {
        client.shutdown();
    }

    /** Ends what is under way. */
    @Override
    public void close() {
        client.shutdownNow();
    }

    /** Where it is asked; nothing of who asks. */
    @Override
    public String toString() {
        return base.toString();
    }

    private URI location(HttpResponse<?> answer) throws IOException {
        String location = answer.headers().firstValue("location").orElse("");
        try {
            URI uri = answer.uri().resolve(location);
            if (!location.isEmpty() && String.valueOf(uri.getAuthority()).equals(base.getAuthority())) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new RegistryException(0, "%s sent a Location that is no URL: %s".formatted(name, e.getMessage()));
        }
        throw new RegistryException(
                0, "%s sent the Location \"%s\"; expected one of its own for an upload".formatted(name, location));
    }

    private void expect(HttpResponse<IncomingBody> answer, int status, String what) throws IOException {
        if (answer.statusCode() == status) {
            return;
        }
        byte[] body = answer.body().readNBytes(MAX_ERROR);
        throw new RegistryException(
                answer.statusCode(), "%s refused %s: %s".formatted(name, what, explanation(answer.statusCode(), body)));
    }

    /** What the registry says itself, if it says it as the specification has it. */
    private static String explanation(int status, byte[] body) {
        try {
            JsonNode error = JSON.readTree(body).path("errors").path(0);
            String message = error.path("message").asText("");
            String code = error.path("code").asText("");
            if (!message.isEmpty() || !code.isEmpty()) {
                return "%d %s".formatted(status, shown(message.isEmpty() ? code : message));
            }
        } catch (IOException e) {
            return "%d %s".formatted(status, shown(new String(body, UTF_8)));
        }
        return Integer.toString(status);
    }

    /** On one line, and bounded: it goes into statuses. */
    private static String shown(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
        return line.length() > MAX_SHOWN ? line.substring(0, MAX_SHOWN) + "…" : line;
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path));
    }

    private static String path(String repository, String kind, String reference) {
        return "/v2/%s/%s/%s".formatted(repository, kind, reference);
    }

    private static String pull(String repository) {
        return "repository:%s:pull".formatted(repository);
    }

    private static String push(String repository) {
        return "repository:%s:pull,push".formatted(repository);
    }
}
