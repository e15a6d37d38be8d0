package dev.gantry.cli.node;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import java.util.Optional;

/** Changes of one Node object. A change is made again on top of one that came between; making it twice is as making it once. */
public final class NodeCare {
    /** Kubernetes' taint of a node that is certainly off (non-graceful node shutdown). */
    private static final String FENCED = "node.kubernetes.io/out-of-service";

    private static final int ATTEMPTS = 8;

    private final ApiClient client;
    private final String path;
    private final String node;

    public NodeCare(ApiClient client, String node) {
        this.client = requireNonNull(client, "client is null");
        this.node = requireNonNull(node, "node is null");
        this.path = "/api/v1/nodes/" + ApiClient.encode(node);
    }

    /** Whether the scheduler may bring new pods here. @throws ApiFailure also when there is no such node */
    public void schedulable(boolean schedulable) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.withObject("spec").put("unschedulable", !schedulable);
        client.patch(path, ApiClient.MERGE_PATCH, patch);
    }

    /**
     * Says that nothing runs on the host any more: pods that must not run twice are started elsewhere.
     *
     * @param force also for a node that answers
     * @throws Failure for a node that answers
     */
    public void fence(boolean force) {
        change(object -> {
            if (!force && isReady(object)) {
                throw new Failure(
                        "node %s answers, so its pods run: turn its host off first (or delete the pods, or drain it with 'gantry node drain %s'). --force fences it all the same: its pods may then run twice"
                                .formatted(node, node));
            }
            if (indexOf(object).isPresent()) {
                return Optional.empty();
            }
            ArrayNode taints = taints(object);
            taints.addObject().put("key", FENCED).put("value", "nodeshutdown").put("effect", "NoExecute");
            return Optional.of(taints);
        });
    }

    /** The host is a node as before. */
    public void unfence() {
        change(object -> indexOf(object).map(index -> {
            ArrayNode taints = taints(object);
            taints.remove(index);
            return taints;
        }));
    }

    private interface Change {
        /** @return the node's taints afterwards; empty when nothing changes */
        Optional<ArrayNode> of(JsonNode object);
    }

    /** A list is replaced as a whole: nobody else's change of it is overwritten. */
    private void change(Change change) {
        for (int attempt = 1; ; attempt++) {
            JsonNode object = client.get(path);
            Optional<ArrayNode> taints = change.of(object);
            if (taints.isEmpty()) {
                return;
            }
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            patch.withObject("metadata").set("resourceVersion", object.at("/metadata/resourceVersion"));
            patch.withObject("spec").set("taints", taints.get());
            try {
                client.patch(path, ApiClient.MERGE_PATCH, patch);
                return;
            } catch (ApiFailure e) {
                if (e.code() != 409 || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static ArrayNode taints(JsonNode object) {
        ArrayNode taints = JsonNodeFactory.instance.arrayNode();
        object.at("/spec/taints").forEach(taints::add);
        return taints;
    }

    private static Optional<Integer> indexOf(JsonNode object) {
        JsonNode taints = object.at("/spec/taints");
        for (int i = 0; i < taints.size(); i++) {
            if (taints.get(i).path("key").asText().equals(FENCED)) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    private static boolean isReady(JsonNode object) {
        for (JsonNode condition : object.at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }
}
