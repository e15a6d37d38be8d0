package dev.gantry.common.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.registry.Registry.Content;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Sends requests to one registry: answers its challenge once, follows where it points, and gives up on a server that has gone quiet. */
final class RegistryCalls {
    private static final Set<Integer> REDIRECTIONS = Set.of(301, 302, 303, 307, 308);
    private static final int MOST_REDIRECTIONS = 5;
    private static final int CHALLENGED = 401;

    private final String name;
    private final HttpClient client;
    private final Authentication authentication;
    private final Duration patience;

    RegistryCalls(String name, HttpClient client, Authentication authentication, Duration patience) {
        this.name = requireNonNull(name, "name is null");
        this.client = requireNonNull(client, "client is null");
        this.authentication = requireNonNull(authentication, "authentication is null");
        this.patience = requireNonNull(patience, "patience is null");
    }

    /** With a short body or none. The answer's body is to be closed. */
    HttpResponse<IncomingBody> send(HttpRequest.Builder request, String scope) throws IOException {
        HttpResponse<IncomingBody> answer = once(request, scope);
        if (answer.statusCode() == CHALLENGED && answers(answer, scope)) {
            answer = once(request, scope);
        }
        for (int i = 0; i < MOST_REDIRECTIONS && REDIRECTIONS.contains(answer.statusCode()); i++) {
            answer.body().close();
            answer = follow(answer, scope);
        }
        return answer;
    }

    /** With a body of any length. */
    HttpResponse<IncomingBody> send(
            HttpRequest.Builder request, String method, long bytes, Content content, String scope) throws IOException {
        HttpResponse<IncomingBody> answer = stream(request, method, bytes, content, scope);
        if (answer.statusCode() == CHALLENGED && answers(answer, scope)) {
            answer = stream(request, method, bytes, content, scope);
        }
        return answer;
    }

    private boolean answers(HttpResponse<IncomingBody> refusal, String scope) throws IOException {
        if (!authentication.answer(refusal.headers().allValues("www-authenticate"), scope)) {
            return false;
        }
        refusal.body().close();
        return true;
    }

    private HttpResponse<IncomingBody> once(HttpRequest.Builder request, String scope) throws IOException {
        authentication.header(scope).ifPresent(header -> request.setHeader("Authorization", header));
        return await(client.sendAsync(request.timeout(patience).build(), info -> new IncomingBody(patience)), null);
    }

    private HttpResponse<IncomingBody> stream(
            HttpRequest.Builder request, String method, long bytes, Content content, String scope) throws IOException {
        authentication.header(scope).ifPresent(header -> request.setHeader("Authorization", header));
        try (OutgoingBody body = new OutgoingBody(content)) {
            HttpRequest.BodyPublisher source = bytes == 0
                    ? BodyPublishers.noBody()
                    : BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> body), bytes);
            return await(
                    client.sendAsync(request.method(method, source).build(), info -> new IncomingBody(patience)), body);
        }
    }

    private HttpResponse<IncomingBody> follow(HttpResponse<IncomingBody> answer, String scope) throws IOException {
        URI from = answer.uri();
        URI to;
        try {
            to = from.resolve(answer.headers().firstValue("location").orElse(""));
        } catch (IllegalArgumentException e) {
            throw new RegistryException(0, "%s points to what is no URL: %s".formatted(name, e.getMessage()));
        }
        boolean own = String.valueOf(to.getAuthority()).equals(from.getAuthority())
                && to.getScheme().equals(from.getScheme());
        if (!own && !"https".equals(to.getScheme())) {
            throw new RegistryException(0, "%s points to %s; expected an https URL".formatted(name, to));
        }
        HttpRequest.Builder request =
                HttpRequest.newBuilder(to).method(answer.request().method(), BodyPublishers.noBody());
        answer.request().headers().map().forEach((header, values) -> {
            if (header.equalsIgnoreCase("accept") || header.equalsIgnoreCase("range")) {
                values.forEach(value -> request.header(header, value));
            }
        });
        if (own) {
            return once(request, scope);
        }
        // another host gets neither password nor token
        return await(client.sendAsync(request.timeout(patience).build(), info -> new IncomingBody(patience)), null);
    }

    /** @param body when what is sent is long: as long as it moves on, the answer may take its time */
    private HttpResponse<IncomingBody> await(
            CompletableFuture<HttpResponse<IncomingBody>> answer, @Nullable OutgoingBody body) throws IOException {
        long taken = -1;
        try {
            while (true) {
                try {
                    return answer.get(patience.toMillis() + 1_000, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    long now = body == null ? taken : body.taken();
                    if (now == taken) {
                        answer.cancel(true);
                        throw new IOException("%s has not answered for %d s".formatted(name, patience.toSeconds()), e);
                    }
                    taken = now;
                }
            }
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while waiting for " + name);
        } catch (ExecutionException e) {
            if (body != null && body.failure() != null) {
                throw failure(body.failure());
            }
            throw new IOException("%s can't be reached: %s".formatted(name, reason(e.getCause())), e.getCause());
        }
    }

    private static IOException failure(Throwable failure) {
        return switch (failure) {
            case IOException e -> e;
            case Error e -> throw e;
            default -> new IOException("The content could not be read: " + failure, failure);
        };
    }

    /** Connection failures of the JDK mostly have no message. */
    private static String reason(@Nullable Throwable cause) {
        String message = cause == null ? null : cause.getMessage();
        return message == null || message.isEmpty()
                ? String.valueOf(cause == null ? "unknown" : cause.getClass().getSimpleName())
                : message;
    }
}
