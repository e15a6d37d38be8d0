package dev.gantry.controlplane.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.resource.Column;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.Meta;
import dev.gantry.controlplane.resource.ServedKind;
import dev.gantry.controlplane.resource.kind.Cells;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Objects as rows (Kubernetes, "Receiving resources as Tables"). */
final class Tables {

    private Tables() {}

    /** Whether the client's first choice is a Table. */
    static boolean wanted(Request request) {
        String first = Bodies.accepted(request).getFirst();
        return first.contains("as=Table") && first.contains("g=meta.k8s.io");
    }

    /** @param definitions whether the columns are told: in a watch only once */
    static ObjectNode table(ServedKind served, boolean definitions) {
        ObjectNode table = Json.object();
        table.put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
        table.putObject("metadata");
        if (definitions) {
            ArrayNode columns = table.putArray("columnDefinitions");
            for (Column column : columns(served)) {
                columns.addObject()
                        .put("name", column.name())
                        .put("type", column.type())
                        .put("format", column.format())
                        .put("description", column.name())
                        .put("priority", column.priority());
            }
        } else {
            table.putNull("columnDefinitions");
        }
        table.putArray("rows");
        return table;
    }

    /**
     * @param tree the stored form, for the cells
     * @param view the served form; used up
     * @param include Object, Metadata or None
     */
    static void addRow(
            ObjectNode table, ServedKind served, ObjectNode tree, ObjectNode view, String include, Instant now) {
        ObjectNode row = ((ArrayNode) table.get("rows")).addObject();
        ArrayNode cells = row.putArray("cells");
        for (Column column : columns(served)) {
            Object value = column.value().apply(tree, now);
            switch (value) {
                case Integer number -> cells.add(number);
                case Long number -> cells.add(number);
                case Boolean bool -> cells.add(bool);
                default -> cells.add(value.toString());
            }
        }
        switch (include) {
            case "Object" -> row.set("object", view);
            case "None" -> {}
            default -> {
                ObjectNode partial = Json.object();
                partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
                partial.set("metadata", Meta.of(view));
                row.set("object", partial);
            }
        }
    }

    private static List<Column> columns(ServedKind served) {
        List<Column> columns = new ArrayList<>(served.kind().columns());
        if (columns.stream().noneMatch(c -> c.name().equals("Age") || c.name().equals("Last Seen"))) {
            long shown = columns.stream().filter(c -> c.priority() == 0).count();
            columns.add((int) shown, Cells.age());
        }
        return columns;
    }
}
