package dev.gantry.cli.node;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Empties a node: cordons it, evicts its pods through the API's eviction (which keeps budgets), and waits until they are gone. As {@code kubectl drain},
 * nothing is lost unasked: pods that nobody starts again and data of emptyDir volumes need a flag each. Stopped half-way, it is run again.
 */
public final class Drain {
    private static final long LOOK_AGAIN_MILLIS = 500;
    private static final int TOO_MANY_REQUESTS = 429;

    private final ApiClient client;
    private final Console console;
    private final String node;
    private final Options options;

    /**
     * @param force also pods without a controller
     * @param deleteEmptyDirData also pods with emptyDir volumes
     * @param grace instead of each pod's own; null for that
     * @param timeout for the whole; zero for none
     */
    public record Options(
            boolean force,
            boolean deleteEmptyDirData,
            @Nullable Duration grace,
            Duration timeout) {}

    public Drain(ApiClient client, Console console, String node, Options options) {
        this.client = requireNonNull(client, "client is null");
        this.console = requireNonNull(console, "console is null");
        this.node = requireNonNull(node, "node is null");
        this.options = requireNonNull(options, "options is null");
    }

    /**
     * Returns when no pod is on the node any more.
     *
     * @throws Failure naming the pods that stay, and what each needs; also when the time is up
     */
    public void run() throws InterruptedException {
        new NodeCare(client, node).schedulable(false);
        console.line("node/%s cordoned", node);
        Map<String, JsonNode> left = pods();
        refuse(left.values());
        Map<String, String> refused = new LinkedHashMap<>();
        long deadline = System.nanoTime() + options.timeout().toNanos();
        left.forEach((uid, pod) -> evict(uid, pod, refused));
        while (true) {
            Map<String, JsonNode> present = pods();
            for (Map.Entry<String, JsonNode> pod : left.entrySet()) {
                if (!present.containsKey(pod.getKey())) {
                    console.line("pod/%s evicted", name(pod.getValue()));
                }
            }
            left = present;
            if (left.isEmpty()) {
                console.line("node/%s drained", node);
                return;
            }
            if (!options.timeout().isZero() && System.nanoTime() > deadline) {
                throw new Failure(
                        "node %s still has %s after %d s%s. It stays cordoned; run it again to go on, 'gantry node uncordon %s' to undo"
                                .formatted(
                                        node,
                                        names(left.values()),
                                        options.timeout().toSeconds(),
                                        why(refused),
                                        node));
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
            left.forEach((uid, pod) -> {
                if (pod.at("/metadata/deletionTimestamp").isMissingNode()) {
                    evict(uid, pod, refused);
                }
            });
        }
    }

    private void refuse(Iterable<JsonNode> pods) {
        List<String> problems = new ArrayList<>();
        for (JsonNode pod : pods) {
            boolean over = List.of("Succeeded", "Failed")
                    .contains(pod.at("/status/phase").asText());
            if (over || !pod.at("/metadata/deletionTimestamp").isMissingNode()) {
                continue;
            }
            if (!options.force() && !hasController(pod)) {
                problems.add("pod %s has no controller that would start it elsewhere: --force".formatted(name(pod)));
            }
            if (!options.deleteEmptyDirData() && hasEmptyDir(pod)) {
                problems.add("pod %s has data in an emptyDir volume, which goes with it: --delete-emptydir-data"
                        .formatted(name(pod)));
            }
        }
        if (!problems.isEmpty()) {
            throw new Failure("node %s is cordoned, but not drained:%n  %s"
                    .formatted(node, String.join(System.lineSeparator() + "  ", problems)));
        }
    }

    /** A budget may say no for now: asked again until the time is up. */
    private void evict(String uid, JsonNode pod, Map<String, String> refused) {
        ObjectNode eviction = JsonNodeFactory.instance.objectNode();
        eviction.put("apiVersion", "policy/v1").put("kind", "Eviction");
        eviction.putObject("metadata")
                .put("name", pod.at("/metadata/name").asText())
                .put("namespace", pod.at("/metadata/namespace").asText());
        ObjectNode delete = eviction.putObject("deleteOptions");
        delete.putObject("preconditions").put("uid", uid);
        if (options.grace() != null) {
            delete.put("gracePeriodSeconds", options.grace().toSeconds());
        }
        try {
            client.post(
                    "/api/v1/namespaces/%s/pods/%s/eviction"
                            .formatted(
                                    ApiClient.encode(
                                            pod.at("/metadata/namespace").asText()),
                                    ApiClient.encode(pod.at("/metadata/name").asText())),
                    eviction);
            refused.remove(uid);
        } catch (ApiFailure e) {
            // gone meanwhile, or another pod of its name is there
            if (e.code() == TOO_MANY_REQUESTS) {
                refused.put(uid, String.valueOf(e.getMessage()));
            } else if (!e.notFound() && e.code() != 409) {
                throw e;
            }
        }
    }

    private Map<String, JsonNode> pods() {
        Map<String, JsonNode> pods = new LinkedHashMap<>();
        for (JsonNode pod : client.get("/api/v1/pods?fieldSelector=spec.nodeName%3D" + ApiClient.encode(node))
                .path("items")) {
            pods.put(pod.at("/metadata/uid").asText(), pod);
        }
        return pods;
    }

    private static boolean hasController(JsonNode pod) {
        for (JsonNode owner : pod.at("/metadata/ownerReferences")) {
            if (owner.path("controller").asBoolean()) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasEmptyDir(JsonNode pod) {
        for (JsonNode volume : pod.at("/spec/volumes")) {
            if (volume.has("emptyDir")) {
                return true;
            }
        }
        return false;
    }

    private static String why(Map<String, String> refused) {
        return refused.isEmpty() ? "" : " (" + String.join("; ", refused.values()) + ")";
    }

    private static String names(Iterable<JsonNode> pods) {
        List<String> names = new ArrayList<>();
        pods.forEach(pod -> names.add("pod " + name(pod)));
        return String.join(", ", names);
    }

    private static String name(JsonNode pod) {
        return pod.at("/metadata/namespace").asText() + "/"
                + pod.at("/metadata/name").asText();
    }
}
