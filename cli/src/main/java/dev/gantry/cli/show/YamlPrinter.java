package dev.gantry.cli.show;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/** Prints JSON trees as block YAML, in the order of their fields. Strings that would read as something else are quoted. Pure. */
public final class YamlPrinter {
    private static final Pattern PLAIN =
            Pattern.compile("[A-Za-z_./][A-Za-z0-9_./@+=,() -]*(:[A-Za-z0-9_./@+=,()-]+)*");
    private static final Pattern RESERVED =
            Pattern.compile("(?i)(y|n|yes|no|on|off|true|false|null|~|\\.inf|\\.nan|[-+]?[.0-9].*)");

    private YamlPrinter() {}

    public static String print(JsonNode node) {
        StringBuilder text = new StringBuilder();
        if (node.isContainerNode() && !node.isEmpty()) {
            block(text, node, 0);
        } else {
            text.append(scalar(node, 0)).append('\n');
        }
        return text.toString();
    }

    private static void block(StringBuilder text, JsonNode node, int indent) {
        String margin = " ".repeat(indent);
        if (node.isArray()) {
            for (JsonNode item : node) {
                text.append(margin).append("- ");
                if (item.isContainerNode() && !item.isEmpty()) {
                    StringBuilder inner = new StringBuilder();
                    block(inner, item, indent + 2);
                    text.append(inner, indent + 2, inner.length());
                } else {
                    text.append(scalar(item, indent + 2)).append('\n');
                }
            }
            return;
        }
        node.properties().forEach(entry -> {
            text.append(margin).append(key(entry.getKey())).append(':');
            JsonNode value = entry.getValue();
            if (value.isContainerNode() && !value.isEmpty()) {
                text.append('\n');
                block(text, value, value.isArray() ? indent : indent + 2);
            } else {
                text.append(' ').append(scalar(value, indent + 2)).append('\n');
            }
        });
    }

    private static String key(String key) {
        return plain(key) ? key : quoted(key);
    }

    private static String scalar(JsonNode node, int indent) {
        if (node.isObject()) {
            return "{}";
        }
        if (node.isArray()) {
            return "[]";
        }
        if (!node.isTextual()) {
            return node.isNull() ? "null" : node.asText();
        }
        String value = node.asText();
        if (value.indexOf('\n') >= 0 && literal(value)) {
            return literalBlock(value, indent);
        }
        return plain(value) ? value : quoted(value);
    }

    private static boolean plain(String value) {
        return PLAIN.matcher(value).matches() && !RESERVED.matcher(value).matches() && !value.endsWith(" ");
    }

    private static boolean literal(String value) {
        return !value.startsWith(" ")
                && !value.startsWith("\n")
                && value.chars().allMatch(c -> c == '\n' || c == '\t' || printable((char) c));
    }

    /** A narrower set than YAML's own, section 5.1: what is left out is escaped. */
    private static boolean printable(char c) {
        return c >= ' ' && c < 0x7f
                || c > 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c < 0xfffe && !Character.isSurrogate(c);
    }

    private static String literalBlock(String value, int indent) {
        String margin = " ".repeat(indent);
        boolean endsWithNewline = value.endsWith("\n");
        String body = endsWithNewline ? value.substring(0, value.length() - 1) : value;
        String chomping = !endsWithNewline ? "-" : body.endsWith("\n") ? "+" : "";
        StringBuilder text = new StringBuilder("|" + chomping);
        for (String line : body.split("\n", -1)) {
            text.append('\n').append(line.isEmpty() ? "" : margin + line);
        }
        return text.toString();
    }

    private static String quoted(String value) {
        StringBuilder text = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                case '\r' -> text.append("\\r");
                default -> {
                    if (!printable(c)) {
                        text.append("\\u%04x".formatted((int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        return text.append('"').toString();
    }
}
