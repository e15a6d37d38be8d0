package dev.gantry.controlplane.resource.kind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ServedVersion;
import java.util.Map;

/** Events are stored as core/v1; {@code events.k8s.io/v1} is the same under other names (Kubernetes, "Event v1 events.k8s.io"). */
final class EventVersions {
    private static final Map<String, String> CORE_TO_EVENTS = Map.of(
            "involvedObject", "regarding",
            "message", "note",
            "source", "deprecatedSource",
            "firstTimestamp", "deprecatedFirstTimestamp",
            "lastTimestamp", "deprecatedLastTimestamp",
            "count", "deprecatedCount",
            "reportingComponent", "reportingController");

    private EventVersions() {}

    static ServedVersion eventsGroup() {
        return new ServedVersion(
                "events.k8s.io",
                "v1",
                null,
                tree -> {
                    CORE_TO_EVENTS.forEach((core, events) -> rename(tree, events, core));
                    return tree;
                },
                tree -> {
                    CORE_TO_EVENTS.forEach((core, events) -> rename(tree, core, events));
                    return tree;
                });
    }

    private static void rename(ObjectNode tree, String from, String to) {
        JsonNode value = tree.remove(from);
        if (value != null) {
            tree.set(to, value);
        }
    }
}
