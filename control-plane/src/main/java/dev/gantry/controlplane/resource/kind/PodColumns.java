package dev.gantry.controlplane.resource.kind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.gantry.controlplane.resource.Column;
import dev.gantry.controlplane.resource.Meta;
import java.time.Instant;
import java.util.List;

/** The columns of pods, told as kubectl's users know them (k8s.io/kubernetes, pkg/printers/internalversion). */
final class PodColumns {
    private PodColumns() {}

    static List<Column> all() {
        return List.of(
                Column.ofName(),
                Column.of("Ready", (pod, now) -> ready(pod)),
                Column.of("Status", (pod, now) -> status(pod)),
                Column.of("Restarts", PodColumns::restarts),
                Cells.age(),
                Column.wide("IP", (pod, now) -> Cells.orNone(pod.path("status").path("podIP"))),
                Column.wide("Node", (pod, now) -> Cells.orNone(pod.path("spec").path("nodeName"))),
                Column.wide(
                        "Nominated Node",
                        (pod, now) -> Cells.orNone(pod.path("status").path("nominatedNodeName"))),
                Column.wide("Readiness Gates", (pod, now) -> Cells.NONE));
    }

    private static String ready(JsonNode pod) {
        int total = pod.path("spec").path("containers").size();
        int ready = 0;
        for (JsonNode container : pod.path("status").path("containerStatuses")) {
            ready += isReady(container) ? 1 : 0;
        }
        for (JsonNode init : pod.path("spec").path("initContainers")) {
            if (isSidecar(init)) {
                total++;
                ready += isReady(statusOf(pod, init.path("name").asText())) ? 1 : 0;
            }
        }
        return ready + "/" + total;
    }

    private static boolean isReady(JsonNode container) {
        return container.path("ready").asBoolean(false)
                && container.path("state").has("running");
    }

    private static boolean isSidecar(JsonNode container) {
        return container.path("restartPolicy").asText().equals("Always");
    }

    private static JsonNode statusOf(JsonNode pod, String initContainer) {
        for (JsonNode status : pod.path("status").path("initContainerStatuses")) {
            if (status.path("name").asText().equals(initContainer)) {
                return status;
            }
        }
        return MissingNode.getInstance();
    }

    static String status(JsonNode pod) {
        JsonNode status = pod.path("status");
        String reason = status.path("reason").asText(status.path("phase").asText("Unknown"));
        String initializing = initializing(pod);
        if (!initializing.isEmpty()) {
            reason = initializing;
        } else {
            reason = ofContainers(status.path("containerStatuses"), reason);
        }
        if (Meta.isDeleting(pod)) {
            return status.path("reason").asText().equals("NodeLost") ? "Unknown" : "Terminating";
        }
        return reason;
    }

    private static String initializing(JsonNode pod) {
        JsonNode containers = pod.path("spec").path("initContainers");
        for (int i = 0; i < containers.size(); i++) {
            JsonNode status = statusOf(pod, containers.get(i).path("name").asText());
            if (status.isMissingNode()) {
                return ""; // nothing has been reported yet
            }
            JsonNode terminated = status.path("state").path("terminated");
            boolean done = terminated.isObject() && terminated.path("exitCode").asInt() == 0;
            boolean started =
                    isSidecar(containers.get(i)) && status.path("started").asBoolean(false);
            if (done || started) {
                continue;
            }
            if (terminated.isObject()) {
                String reason = terminated.path("reason").asText("");
                return "Init:" + (reason.isEmpty() ? exit(terminated) : reason);
            }
            String waiting = status.path("state").path("waiting").path("reason").asText("");
            if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
                return "Init:" + waiting;
            }
            return "Init:%d/%d".formatted(i, containers.size());
        }
        return "";
    }

    private static String ofContainers(JsonNode statuses, String otherwise) {
        String reason = otherwise;
        boolean running = false;
        for (int i = statuses.size() - 1; i >= 0; i--) {
            JsonNode state = statuses.get(i).path("state");
            String waiting = state.path("waiting").path("reason").asText("");
            JsonNode terminated = state.path("terminated");
            if (!waiting.isEmpty()) {
                reason = waiting;
            } else if (terminated.isObject()) {
                String ended = terminated.path("reason").asText("");
                reason = ended.isEmpty() ? exit(terminated) : ended;
            } else if (isReady(statuses.get(i))) {
                running = true;
            }
        }
        // one container has ended well while another still runs
        return reason.equals("Completed") && running ? "Running" : reason;
    }

    private static String exit(JsonNode terminated) {
        int signal = terminated.path("signal").asInt(0);
        return signal != 0
                ? "Signal:" + signal
                : "ExitCode:" + terminated.path("exitCode").asInt();
    }

    private static String restarts(JsonNode pod, Instant now) {
        long restarts = 0;
        String last = "";
        for (JsonNode status : pod.path("status").path("containerStatuses")) {
            restarts += status.path("restartCount").asLong();
            String finished = status.path("lastState")
                    .path("terminated")
                    .path("finishedAt")
                    .asText("");
            if (finished.compareTo(last) > 0) {
                last = finished;
            }
        }
        if (restarts == 0 || last.isEmpty()) {
            return Long.toString(restarts);
        }
        return "%d (%s ago)".formatted(restarts, Cells.since(TextNode.valueOf(last), now));
    }
}
