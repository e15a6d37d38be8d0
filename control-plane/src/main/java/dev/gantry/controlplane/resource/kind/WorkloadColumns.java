package dev.gantry.controlplane.resource.kind;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.Column;
import dev.gantry.controlplane.resource.select.LabelSelector;
import java.util.List;

/** The columns of Deployments and ReplicaSets. */
final class WorkloadColumns {
    private WorkloadColumns() {}

    static List<Column> deployments() {
        return List.of(
                Column.ofName(),
                Column.of(
                        "Ready",
                        (object, now) -> "%d/%d"
                                .formatted(
                                        status(object, "readyReplicas"),
                                        object.path("spec").path("replicas").asInt())),
                Cells.integer("Up-to-date", (object, now) -> status(object, "updatedReplicas")),
                Cells.integer("Available", (object, now) -> status(object, "availableReplicas")),
                Cells.age(),
                Column.wide("Containers", (object, now) -> containers(object, "name")),
                Column.wide("Images", (object, now) -> containers(object, "image")),
                Column.wide("Selector", (object, now) -> selector(object)));
    }

    static List<Column> replicaSets() {
        return List.of(
                Column.ofName(),
                Cells.integer(
                        "Desired",
                        (object, now) -> object.path("spec").path("replicas").asInt()),
                Cells.integer("Current", (object, now) -> status(object, "replicas")),
                Cells.integer("Ready", (object, now) -> status(object, "readyReplicas")),
                Cells.age(),
                Column.wide("Containers", (object, now) -> containers(object, "name")),
                Column.wide("Images", (object, now) -> containers(object, "image")),
                Column.wide("Selector", (object, now) -> selector(object)));
    }

    private static int status(JsonNode object, String field) {
        return object.path("status").path(field).asInt(0);
    }

    private static String containers(JsonNode object, String field) {
        return Cells.joined(object.path("spec").path("template").path("spec").path("containers"), field);
    }

    private static String selector(JsonNode object) {
        return LabelSelector.fromTree(object.path("spec").path("selector")).text();
    }
}
