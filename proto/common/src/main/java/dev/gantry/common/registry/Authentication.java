package dev.gantry.common.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers a registry's challenges: with the login itself (RFC 7617), or with a token that the registry's token server gives for it (the distribution project's
 * "Token Authentication"). Without a login it asks for a token as nobody, as public images want it. Safe for use by many threads.
 */
final class Authentication {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MAX_ANSWER = 1 << 20;
    private static final Pattern PARAMETER =
            Pattern.compile("([a-zA-Z_]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\",\\s]+))");
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final HttpClient client;
    private final @Nullable Login login;
    private final boolean loopback;
    private final Map<String, String> tokens = new ConcurrentHashMap<>();
    private volatile boolean basic;

    /** @param loopback whether the registry, and so its token server, may be talked to without TLS */
    Authentication(HttpClient client, @Nullable Login login, boolean loopback) {
        this.client = client;
        this.login = login;
        this.loopback = loopback;
    }

    /** What to send along; empty until a challenge has said what. */
    Optional<String> header(String scope) {
        if (basic && login != null) {
            return Optional.of(login.basic());
        }
        return Optional.ofNullable(tokens.get(scope)).map(token -> "Bearer " + token);
    }

    /**
     * Answers a 401.
     *
     * @param challenges the values of WWW-Authenticate
     * @return whether there is another header to try now
     */
    boolean answer(List<String> challenges, String scope) throws IOException {
        Optional<String> before = header(scope);
        for (String challenge : challenges) {
            String kind = challenge.split(" ", 2)[0].toLowerCase(Locale.ROOT);
            if (kind.equals("bearer")) {
                tokens.put(scope, token(parameters(challenge), scope));
                return true;
            }
            if (kind.equals("basic") && login != null && before.isEmpty()) {
                basic = true;
                return true;
            }
        }
        return false;
    }

    private String token(Map<String, String> challenge, String scope) throws IOException {
        String realm = challenge.getOrDefault("realm", "");
        URI uri = realm(realm);
        StringBuilder query = new StringBuilder(uri.getRawQuery() == null ? "" : uri.getRawQuery() + "&");
        if (challenge.containsKey("service")) {
            query.append("service=").append(encode(challenge.get("service"))).append('&');
        }
        query.append("scope=").append(encode(challenge.getOrDefault("scope", scope)));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(realm.split("\\?", 2)[0] + "?" + query))
                .timeout(PATIENCE);
        if (login != null) {
            request.header("Authorization", login.basic());
        }
        try {
            HttpResponse<IncomingBody> answer = client.send(request.build(), info -> new IncomingBody(PATIENCE));
            try (IncomingBody body = answer.body()) {
                if (answer.statusCode() != 200) {
                    throw new RegistryException(
                            answer.statusCode(),
                            "The token server %s refused: %d".formatted(uri.getHost(), answer.statusCode()));
                }
                JsonNode json = JSON.readTree(body.readNBytes(MAX_ANSWER));
                String token =
                        json.path("token").asText(json.path("access_token").asText(""));
                if (token.isEmpty()) {
                    throw new RegistryException(0, "The token server %s sent no token".formatted(uri.getHost()));
                }
                return token;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while asking for a token");
        }
    }

    /** A password is not sent without TLS, whatever a registry names. */
    private URI realm(String realm) throws IOException {
        URI uri;
        try {
            uri = URI.create(realm);
        } catch (IllegalArgumentException e) {
            throw new RegistryException(0, "The registry names a token server that is no URL: " + e.getMessage());
        }
        boolean plain =
                "http".equals(uri.getScheme()) && loopback && RegistryHost.isLoopback(String.valueOf(uri.getHost()));
        if (uri.getHost() == null || !(plain || "https".equals(uri.getScheme()))) {
            throw new RegistryException(
                    0, "The registry names the token server \"%s\"; expected an https URL".formatted(realm));
        }
        return uri;
    }

    static Map<String, String> parameters(String challenge) {
        Map<String, String> parameters = new HashMap<>();
        Matcher matcher = PARAMETER.matcher(challenge);
        while (matcher.find()) {
            String quoted = matcher.group(2);
            parameters.put(
                    matcher.group(1).toLowerCase(Locale.ROOT),
                    quoted == null ? matcher.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
        }
        return parameters;
    }

    private static String encode(@Nullable String text) {
        return URLEncoder.encode(String.valueOf(text), UTF_8);
    }
}
