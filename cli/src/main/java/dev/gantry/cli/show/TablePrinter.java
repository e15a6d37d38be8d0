package dev.gantry.cli.show;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lines a server's Table (meta.k8s.io/v1) up in columns. Keeps the columns' widths over a watch, so that later rows line up. */
public final class TablePrinter {
    private static final int GAP = 3;
    private final boolean wide;
    private final boolean withNamespace;
    private List<Integer> shown = List.of();
    private int[] widths = new int[0];
    private boolean headed;

    /** @param wide also the columns of lower priority @param withNamespace a first column NAMESPACE, from the rows' objects */
    public TablePrinter(boolean wide, boolean withNamespace) {
        this.wide = wide;
        this.withNamespace = withNamespace;
    }

    /** The rows as lines, after a line of headings the first time. */
    public String print(JsonNode table, String namePrefix) {
        JsonNode columns = table.path("columnDefinitions");
        List<String> headings = new ArrayList<>();
        if (columns.isArray() && !columns.isEmpty()) {
            List<Integer> indexes = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                if (wide || columns.get(i).path("priority").asInt() == 0) {
                    indexes.add(i);
                    headings.add(columns.get(i).path("name").asText().toUpperCase(Locale.ROOT));
                }
            }
            shown = indexes;
        }
        if (withNamespace) {
            headings.addFirst("NAMESPACE");
        }
        List<List<String>> lines = new ArrayList<>();
        if (!headed) {
            lines.add(headings);
            headed = true;
        }
        for (JsonNode row : table.path("rows")) {
            lines.add(cells(row, namePrefix));
        }
        widen(lines);
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(format(line)).append('\n'));
        return text.toString();
    }

    private List<String> cells(JsonNode row, String namePrefix) {
        List<String> cells = new ArrayList<>();
        if (withNamespace) {
            cells.add(row.at("/object/metadata/namespace").asText());
        }
        boolean first = true;
        for (int index : shown) {
            JsonNode cell = row.path("cells").path(index);
            String text = cell.isNull() || cell.isMissingNode() ? "<none>" : cell.asText();
            cells.add(first ? namePrefix + text : text);
            first = false;
        }
        return cells;
    }

    private void widen(List<List<String>> lines) {
        for (List<String> line : lines) {
            if (widths.length < line.size()) {
                widths = java.util.Arrays.copyOf(widths, line.size());
            }
            for (int i = 0; i < line.size(); i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
    }

    private String format(List<String> line) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < line.size(); i++) {
            text.append(line.get(i));
            if (i + 1 < line.size()) {
                text.append(" ".repeat(widths[i] - line.get(i).length() + GAP));
            }
        }
        return text.toString();
    }
}
