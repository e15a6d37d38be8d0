package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Gives a pod its node. A pure function over the pod's tree. */
public final class PodBinding {
    private PodBinding() {}

    /** @return empty when the pod has a node already or is being deleted: it is no longer pending */
    public static Optional<ObjectNode> bound(ObjectNode pod, String nodeName, Instant now) {
        if (pod.path("spec").hasNonNull("nodeName") || Meta.isDeleting(pod)) {
            return Optional.empty();
        }
        ObjectNode bound = pod.deepCopy();
        ObjectNode spec = bound.get("spec") instanceof ObjectNode object ? object : bound.putObject("spec");
        spec.put("nodeName", nodeName);
        ObjectNode status = bound.get("status") instanceof ObjectNode object ? object : bound.putObject("status");
        ArrayNode conditions =
                status.get("conditions") instanceof ArrayNode list ? list : status.putArray("conditions");
        for (int i = conditions.size() - 1; i >= 0; i--) {
            JsonNode condition = conditions.get(i);
            if (condition.path("type").asText().equals("PodScheduled")) {
                conditions.remove(i);
            }
        }
        conditions
                .addObject()
                .put("type", "PodScheduled")
                .put("status", "True")
                .put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
        return Optional.of(bound);
    }
}
