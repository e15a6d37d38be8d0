package dev.gantry.cli.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Failure;
import dev.gantry.common.yaml.YamlDocument;
import dev.gantry.common.yaml.YamlException;
import dev.gantry.common.yaml.YamlParser;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a cluster and as whom: the current context of a kubeconfig file.
 *
 * @param authority the cluster's certificate authority, PEM; null for the JVM's own trust
 * @param certificate the client's certificate chain, PEM; null without one
 * @param key its private key, PEM (PKCS#8); null without one
 * @param token a bearer token; null without one
 * @param namespace of the context
 */
public record Kubeconfig(
        URI server,
        byte @Nullable [] authority,
        byte @Nullable [] certificate,
        byte @Nullable [] key,
        @Nullable String token,
        String namespace) {
    /** Where {@code gantry up} puts the administrator's file. */
    public static final Path STATE = Path.of("/var/lib/gantry/kubeconfig");

    /** @param explicit from {@code --kubeconfig}; else {@code $KUBECONFIG}, else the state directory's */
    public static Kubeconfig find(@Nullable Path explicit) {
        String environment = System.getenv("KUBECONFIG");
        Path path = explicit != null
                ? explicit
                : environment != null && !environment.isBlank()
                        ? Path.of(environment.split(":")[0])
                        : STATE;
        if (!Files.exists(path)) {
            throw new Failure(
                    "no cluster is configured: %s does not exist. Start one with 'gantry up', or name a file with --kubeconfig"
                            .formatted(path));
        }
        try {
            return parse(Files.readString(path), path);
        } catch (java.nio.file.AccessDeniedException e) {
            throw new Failure(
                    "%s may not be read by this user: run as root, or name your own file with --kubeconfig"
                            .formatted(path),
                    e);
        } catch (IOException e) {
            throw new Failure("cannot read %s: %s".formatted(path, e.getMessage()), e);
        }
    }

    static Kubeconfig parse(String text, Path path) throws IOException {
        JsonNode root;
        try {
            List<YamlDocument> documents = YamlParser.parse(text);
            if (documents.size() != 1) {
                throw new Failure("%s: expected one kubeconfig document, found %d".formatted(path, documents.size()));
            }
            root = documents.getFirst().root();
        } catch (YamlException e) {
            throw new Failure("%s:%s: %s".formatted(path, e.position(), e.getMessage()), e);
        }
        if (!root.isObject() || !root.path("kind").asText("Config").equals("Config")) {
            throw new Failure(
                    "%s is no kubeconfig: expected kind Config with clusters, users and contexts".formatted(path));
        }
        String current = root.path("current-context").asText();
        if (current.isEmpty()) {
            throw new Failure("%s has no current-context: set it to one of its contexts".formatted(path));
        }
        JsonNode context = named(root, "contexts", current, "context", path);
        JsonNode cluster = named(root, "clusters", context.path("cluster").asText(), "cluster", path);
        JsonNode user = named(root, "users", context.path("user").asText(), "user", path);
        return new Kubeconfig(
                server(cluster.path("server").asText(), path),
                data(cluster, "certificate-authority", path),
                data(user, "client-certificate", path),
                data(user, "client-key", path),
                user.hasNonNull("token") ? user.path("token").asText() : null,
                context.path("namespace").asText("default"));
    }

    private static URI server(String text, Path path) {
        try {
            URI server = new URI(text);
            boolean web = "https".equals(server.getScheme()) || "http".equals(server.getScheme());
            if (web && server.getHost() != null) {
                return server;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw new Failure("%s: the cluster's server is \"%s\"; expected a URL such as https://127.0.0.1:6443"
                .formatted(path, text));
    }

    private static JsonNode named(JsonNode root, String list, String name, String field, Path path) {
        for (JsonNode item : root.path(list)) {
            if (item.path("name").asText().equals(name)) {
                return item.path(field);
            }
        }
        throw new Failure("%s: %s has no entry named \"%s\"".formatted(path, list, name));
    }

    private static byte @Nullable [] data(JsonNode node, String field, Path path) throws IOException {
        String inline = node.path(field + "-data").asText();
        if (!inline.isEmpty()) {
            try {
                return Base64.getDecoder().decode(inline.getBytes(UTF_8));
            } catch (IllegalArgumentException e) {
                throw new Failure("%s: %s-data is not base64".formatted(path, field), e);
            }
        }
        String file = node.path(field).asText();
        try {
            return file.isEmpty() ? null : Files.readAllBytes(path.resolveSibling(file));
        } catch (NoSuchFileException e) {
            throw new Failure("%s: its %s, %s, does not exist".formatted(path, field, path.resolveSibling(file)), e);
        }
    }
}
