package dev.gantry.e2e.takeover;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

/** A cluster of two control planes, an ensemble of three and a node. Its store is shared, so that either control plane can lead. */
final class TwoControlPlanes implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration QUIET = Duration.ofSeconds(3);
    private static final Pattern BEGUN = Pattern.compile("Leading in epoch");
    private static final Pattern ENDED = Pattern.compile("No longer leading");
    private static final Pattern WRITE_REFUSED = Pattern.compile("A write of epoch \\d+ was refused");
    private static final List<String> WRITTEN_BY_LEADERS = List.of(
            "/api/v1/namespaces/default/pods",
            "/apis/apps/v1/namespaces/default/deployments",
            "/apis/apps/v1/namespaces/default/replicasets",
            "/api/v1/namespaces/default/configmaps",
            "/api/v1/nodes",
            "/api/v1/namespaces");

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Member first;
    private final Member second;
    private final TestNode node;

    TwoControlPlanes(Path directory) throws Exception {
        try {
            Quorum quorum = opening(new Quorum(directory));
            this.first =
                    member(ControlPlaneProcess.start(directory.resolve("first"), "127.94.7.1", quorum.connectString()));
            await("the first leads").atMost(PATIENCE).until(first::leads);
            first.process().shareIdentity(directory.resolve("second"));
            this.second = member(
                    ControlPlaneProcess.start(directory.resolve("second"), "127.94.7.2", quorum.connectString()));
            this.node = opening(new TestNode(
                    directory.resolve("node"), token(first.client()), List.of(first.address(), second.address())));
            await("the node is there").atMost(PATIENCE).until(() -> with(first));
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    TestNode node() {
        return node;
    }

    /** Who leads now, as far as both say. */
    Member leader() {
        return await("one leads")
                .atMost(PATIENCE)
                .until(
                        () -> List.of(first, second).stream()
                                .filter(Member::leads)
                                .toList(),
                        leading -> leading.size() == 1)
                .getFirst();
    }

    Member other(Member member) {
        return member == first ? second : first;
    }

    /** Whether the node's session is with it. */
    boolean with(Member member) {
        return node.state().leader().equals(member.address());
    }

    /** Every object with its identity and version, once nothing has changed for a while. */
    static Set<String> quietInventory(ApiClient client) {
        return await("nothing changes any more").atMost(PATIENCE).until(unchanged(client), found -> !found.isEmpty());
    }

    static Set<String> inventory(ApiClient client) {
        Set<String> lines = new TreeSet<>();
        for (String path : WRITTEN_BY_LEADERS) {
            for (JsonNode item : client.get(path).path("items")) {
                lines.add("%s/%s %s at %s"
                        .formatted(
                                path,
                                item.at("/metadata/name").asText(),
                                item.at("/metadata/uid").asText(),
                                item.at("/metadata/resourceVersion").asText()));
            }
        }
        return lines;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    private Member member(ControlPlaneProcess process) {
        opening(process);
        ApiClient client = await("a control plane serves")
                .atMost(PATIENCE)
                .until(() -> connect(process), Optional::isPresent)
                .orElseThrow();
        return new Member(process, opening(client));
    }

    private static Optional<ApiClient> connect(ControlPlaneProcess process) {
        process.assertAlive();
        if (!process.hasKubeconfig()) {
            return Optional.empty();
        }
        ApiClient client = process.client();
        try {
            client.get("/api/v1/namespaces/default");
            return Optional.of(client);
        } catch (ApiFailure | Failure e) {
            client.close();
            return Optional.empty();
        }
    }

    private static String token(ApiClient client) {
        return client.post(
                        "/apis/gantry.dev/v1/jointokens",
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("apiVersion", "gantry.dev/v1")
                                .put("kind", "JoinToken"))
                .at("/status/token")
                .asText();
    }

    private static Callable<Set<String>> unchanged(ApiClient client) {
        return new Callable<>() {
            private Set<String> last = inventory(client);
            private long since = System.nanoTime();

            @Override
            public Set<String> call() {
                Set<String> now = inventory(client);
                if (!now.equals(last)) {
                    last = now;
                    since = System.nanoTime();
                }
                return System.nanoTime() - since > QUIET.toNanos() ? now : Set.of();
            }
        };
    }

    private <T extends AutoCloseable> T opening(T resource) {
        opened.add(resource);
        return resource;
    }

    /** One control plane, and a client that reaches it without its relay. */
    record Member(ControlPlaneProcess process, ApiClient client) {
        /** As agents and the other control plane know it. */
        String address() {
            return process.relay().address();
        }

        /** By its own word. */
        boolean leads() {
            return process.logged(BEGUN) > process.logged(ENDED);
        }

        /** How often it has written in an epoch that was over, and was refused. */
        long refusedWrites() {
            return process.logged(WRITE_REFUSED);
        }
    }
}
