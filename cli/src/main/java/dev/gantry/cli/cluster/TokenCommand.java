package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.VerbGroup;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.common.identity.JoinToken;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "token", description = "Tokens with which hosts join: create, list, delete.")
public final class TokenCommand extends VerbGroup {
    private static final String PATH = "/apis/gantry.dev/v1/jointokens";
    private static final String ROW = "%-12s %-14s %-10s %-8s %s";

    public TokenCommand(Console console) {
        super(console);
    }

    @Command(name = "create", description = "Print a new join token. It is shown once, and expires.")
    int create(
            @Mixin ClusterOptions options,
            @Option(
                            names = "--ttl",
                            paramLabel = "DURATION",
                            defaultValue = "1h",
                            description = "How long it is good, such as 30m or 24h (default ${DEFAULT-VALUE}).")
                    Duration ttl,
            @Option(
                            names = "--uses",
                            paramLabel = "N",
                            defaultValue = "1",
                            description = "How many hosts may join with it (default ${DEFAULT-VALUE}).")
                    int uses,
            @Option(
                            names = "--control-plane",
                            description =
                                    "For a further control plane, which gets every secret of the cluster; not for a node.")
                    boolean controlPlane) {
        try (ApiClient client = options.connect()) {
            JsonNode made = make(client, controlPlane ? "control-plane" : "node", ttl, uses);
            console.line("%s", made.path("token").asText());
            console.note(
                    controlPlane
                            ? "start a control plane on another host with: gantry up --join %s --token TOKEN"
                            : "join a host with: gantry node join --control-plane %s --token TOKEN",
                    made.at("/controlPlanes/0").asText("HOST:6443"));
            return 0;
        }
    }

    /** Makes a token. @return the whole of it */
    static String create(ApiClient client, Duration ttl, int uses) {
        return make(client, "node", ttl, uses).path("token").asText();
    }

    private static JsonNode make(ApiClient client, String role, Duration ttl, int uses) {
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        request.put("apiVersion", "gantry.dev/v1").put("kind", "JoinToken");
        request.putObject("spec")
                .put("ttlSeconds", ttl.toSeconds())
                .put("maxUses", uses)
                .put("role", role);
        return client.post(PATH, request).path("status");
    }

    @Command(name = "list", description = "The tokens that hosts can still join with. Their secrets are not kept.")
    int list(@Mixin ClusterOptions options) {
        try (ApiClient client = options.connect()) {
            console.line(ROW, "ID", "FOR", "EXPIRES", "USED", "BY");
            for (JsonNode token : client.get(PATH).path("items")) {
                List<String> nodes = new ArrayList<>();
                token.at("/status/joined").forEach(node -> nodes.add(node.asText()));
                Instant expiry = Instant.parse(token.at("/spec/expiresAt").asText());
                console.line(
                        ROW,
                        token.at("/metadata/name").asText(),
                        token.at("/spec/role").asText(),
                        "in " + rounded(Duration.between(Instant.now(), expiry)),
                        "%d of %d"
                                .formatted(
                                        nodes.size(), token.at("/spec/maxUses").asInt()),
                        String.join(",", nodes));
            }
            return 0;
        }
    }

    @Command(name = "delete", description = "Let nobody join with a token any more. Nodes that have joined stay.")
    int delete(
            @Mixin ClusterOptions options,
            @Parameters(paramLabel = "ID", arity = "1..*", description = "The token's id, or the whole token.")
                    List<String> tokens) {
        try (ApiClient client = options.connect()) {
            for (String token : tokens) {
                String id = token.contains(".") ? parse(token).id() : token;
                client.delete(PATH + "/" + ApiClient.encode(id), JsonNodeFactory.instance.objectNode());
                console.line("token %s deleted", id);
            }
            return 0;
        } catch (ApiFailure e) {
            throw e.notFound()
                    ? new Failure("%s: 'gantry token list' shows those there are".formatted(e.getMessage()))
                    : e;
        }
    }

    private static JoinToken parse(String token) {
        try {
            return JoinToken.parse(token);
        } catch (IllegalArgumentException e) {
            throw new Failure(2, String.valueOf(e.getMessage()));
        }
    }

    /** Its largest unit only. */
    private static String rounded(Duration left) {
        if (left.toHours() > 0) {
            return left.toHours() + "h";
        }
        return left.toMinutes() > 0 ? left.toMinutes() + "m" : Math.max(0, left.toSeconds()) + "s";
    }
}
