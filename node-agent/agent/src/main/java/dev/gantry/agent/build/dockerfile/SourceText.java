package dev.gantry.agent.build.dockerfile;

/**
 * The text of one instruction after joining its lines. Every character remembers where it stood, so that a problem is reported where its author sees it.
 */
final class SourceText {
    private final String text;
    private final int[] lines;
    private final int[] columns;

    private SourceText(String text, int[] lines, int[] columns) {
        this.text = text;
        this.lines = lines;
        this.columns = columns;
    }

    String text() {
        return text;
    }

    int length() {
        return text.length();
    }

    boolean isEmpty() {
        return text.isEmpty();
    }

    char charAt(int index) {
        return text.charAt(index);
    }

    /** The place of a character; of the end, the place after the last one. */
    Position position(int index) {
        if (text.isEmpty()) {
            return new Position(lines[0], columns[0]);
        }
        return index < text.length()
                ? new Position(lines[index], columns[index])
                : new Position(lines[text.length() - 1], columns[text.length() - 1] + 1);
    }

    SourceText substring(int from) {
        return substring(from, text.length());
    }

    SourceText substring(int from, int to) {
        if (from == to) {
            Position position = position(from);
            return new SourceText("", new int[] {position.line()}, new int[] {position.column()});
        }
        return new SourceText(
                text.substring(from, to),
                java.util.Arrays.copyOfRange(lines, from, to),
                java.util.Arrays.copyOfRange(columns, from, to));
    }

    /** Without white space at both ends. */
    SourceText strip() {
        int from = 0;
        int to = text.length();
        while (from < to && Character.isWhitespace(text.charAt(from))) {
            from++;
        }
        while (to > from && Character.isWhitespace(text.charAt(to - 1))) {
            to--;
        }
        return substring(from, to);
    }

    @Override
    public String toString() {
        return text;
    }

    /** Collects characters with their places. */
    static final class Collector {
        private final StringBuilder text = new StringBuilder();
        private int[] lines = new int[128];
        private int[] columns = new int[128];

        /** @param column of the first character */
        void append(String part, int line, int column) {
            ensure(text.length() + part.length() + 1);
            for (int i = 0; i < part.length(); i++) {
                lines[text.length() + i] = line;
                columns[text.length() + i] = column + i;
            }
            if (text.isEmpty() && part.isEmpty()) {
                lines[0] = line;
                columns[0] = column;
            }
            text.append(part);
        }

        boolean isEmpty() {
            return text.isEmpty();
        }

        SourceText collected() {
            return new SourceText(text.toString(), lines, columns);
        }

        private void ensure(int size) {
            if (size > lines.length) {
                int grown = Math.max(size, lines.length * 2);
                lines = java.util.Arrays.copyOf(lines, grown);
                columns = java.util.Arrays.copyOf(columns, grown);
            }
        }
    }
}
