package dev.gantry.cli.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.VerbGroup;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.Resource;
import dev.gantry.cli.show.Targets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "rollout", description = "Follow, look back at, undo, pause or restart a rollout.")
public final class RolloutCommand extends VerbGroup {
    static final String REVISION = "deployment.kubernetes.io/revision";
    private static final String CHANGE_CAUSE = "kubernetes.io/change-cause";

    public RolloutCommand(Console console) {
        super(console);
    }

    @Command(name = "status", description = "Follow a rollout to its end.")
    int status(
            @Mixin ClusterOptions options,
            @Parameters(paramLabel = "TYPE NAME", arity = "1..*") List<String> typed,
            @Option(
                            names = "--timeout",
                            paramLabel = "DURATION",
                            defaultValue = "10m",
                            description = "Give up after so long (default ${DEFAULT-VALUE}).")
                    Duration timeout) {
        try (ApiClient client = options.connect()) {
            Deployment deployment = find(client, options, typed);
            RolloutWait.await(
                    client, deployment.resource, deployment.namespace, deployment.name, timeout, console::line);
            return 0;
        }
    }

    @Command(name = "history", description = "The revisions that can be gone back to.")
    int history(
            @Mixin ClusterOptions options, @Parameters(paramLabel = "TYPE NAME", arity = "1..*") List<String> typed) {
        try (ApiClient client = options.connect()) {
            Deployment deployment = find(client, options, typed);
            console.out().println("%-10s %-24s %s".formatted("REVISION", "CHANGE-CAUSE", "IMAGES"));
            revisions(client, deployment).forEach((revision, replicaSet) -> {
                List<String> images = new ArrayList<>();
                replicaSet
                        .at("/spec/template/spec/containers")
                        .forEach(c -> images.add(c.path("image").asText()));
                String cause = replicaSet
                        .at("/metadata/annotations")
                        .path(CHANGE_CAUSE)
                        .asText("<none>");
                console.out().println("%-10d %-24s %s".formatted(revision, cause, String.join(",", images)));
            });
            return 0;
        }
    }

    @Command(name = "undo", description = "Go back to the revision before, or to another one.")
    int undo(
            @Mixin ClusterOptions options,
            @Parameters(paramLabel = "TYPE NAME", arity = "1..*") List<String> typed,
            @Option(
                            names = "--to-revision",
                            paramLabel = "REVISION",
                            defaultValue = "0",
                            description = "The revision; the one before when not given.")
                    long to) {
        try (ApiClient client = options.connect()) {
            Deployment deployment = find(client, options, typed);
            if (deployment.object.at("/spec/paused").asBoolean()) {
                throw new Failure(
                        "deployment \"%s\" is paused, so nothing would be rolled back: 'gantry rollout resume deployment/%s' first"
                                .formatted(deployment.name, deployment.name));
            }
            TreeMap<Long, JsonNode> revisions = revisions(client, deployment);
            long current = deployment
                    .object
                    .at("/metadata/annotations")
                    .path(REVISION)
                    .asLong(revisions.isEmpty() ? 0 : revisions.lastKey());
            Long target = to > 0 ? Long.valueOf(to) : revisions.lowerKey(current);
            JsonNode replicaSet = target == null ? null : revisions.get(target);
            if (replicaSet == null) {
                throw new Failure(
                        to > 0
                                ? "no revision %d of deployment \"%s\"; there are: %s"
                                        .formatted(to, deployment.name, revisions.keySet())
                                : "deployment \"%s\" has no earlier revision".formatted(deployment.name));
            }
            ObjectNode template = replicaSet.at("/spec/template").deepCopy();
            if (template.at("/metadata/labels") instanceof ObjectNode labels) {
                labels.remove("pod-template-hash");
            }
            ArrayNode patch = JsonNodeFactory.instance.arrayNode();
            patch.addObject().put("op", "replace").put("path", "/spec/template").set("value", template);
            client.patch(deployment.path(), ApiClient.JSON_PATCH, patch);
            console.line("deployment.apps/%s rolled back to revision %d", deployment.name, target);
            return 0;
        }
    }

    @Command(name = "restart", description = "Replace every pod by a new one, within the rollout's limits.")
    int restart(
            @Mixin ClusterOptions options, @Parameters(paramLabel = "TYPE NAME", arity = "1..*") List<String> typed) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.withObject("/spec/template/metadata/annotations")
                .put(
                        "kubectl.kubernetes.io/restartedAt",
                        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return change(options, typed, patch, "restarted");
    }

    @Command(name = "pause", description = "Hold a rollout where it is.")
    int pause(@Mixin ClusterOptions options, @Parameters(paramLabel = "TYPE NAME", arity = "1..*") List<String> typed) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.withObject("spec").put("paused", true);
        return change(options, typed, patch, "paused");
    }

    @Command(name = "resume", description = "Go on with a paused rollout.")
    int resume(
            @Mixin ClusterOptions options, @Parameters(paramLabel = "TYPE NAME", arity = "1..*") List<String> typed) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.withObject("spec").put("paused", false);
        return change(options, typed, patch, "resumed");
    }

    private int change(ClusterOptions options, List<String> typed, ObjectNode patch, String done) {
        try (ApiClient client = options.connect()) {
            Deployment deployment = find(client, options, typed);
            client.patch(deployment.path(), ApiClient.STRATEGIC_PATCH, patch);
            console.line("deployment.apps/%s %s", deployment.name, done);
            return 0;
        }
    }

    private static Deployment find(ApiClient client, ClusterOptions options, List<String> typed) {
        List<Targets.Target> targets = Targets.parse(new Discovery(client), options.namespace(client), typed);
        Targets.Target target = targets.getFirst();
        if (targets.size() != 1
                || target.name() == null
                || !target.resource().plural().equals("deployments")) {
            throw new Failure(2, "expected one deployment, such as deployment/web");
        }
        String namespace = java.util.Objects.requireNonNull(target.namespace(), "namespace is null");
        return new Deployment(
                target.resource(),
                namespace,
                target.name(),
                client.get(target.resource().path(namespace, target.name())));
    }

    private static TreeMap<Long, JsonNode> revisions(ApiClient client, Deployment deployment) {
        List<String> selector = new ArrayList<>();
        deployment
                .object
                .at("/spec/selector/matchLabels")
                .properties()
                .forEach(e -> selector.add(e.getKey() + "=" + e.getValue().asText()));
        String path = "/apis/apps/v1/namespaces/%s/replicasets?labelSelector=%s"
                .formatted(ApiClient.encode(deployment.namespace), ApiClient.encode(String.join(",", selector)));
        TreeMap<Long, JsonNode> revisions = new TreeMap<>();
        String uid = deployment.object.at("/metadata/uid").asText();
        for (JsonNode replicaSet : client.get(path).path("items")) {
            boolean owned = false;
            for (JsonNode owner : replicaSet.at("/metadata/ownerReferences")) {
                owned |= owner.path("uid").asText().equals(uid);
            }
            if (owned) {
                revisions.put(
                        replicaSet.at("/metadata/annotations").path(REVISION).asLong(), replicaSet);
            }
        }
        return revisions;
    }

    private record Deployment(Resource resource, String namespace, String name, JsonNode object) {
        String path() {
            return resource.path(namespace, name);
        }
    }
}
