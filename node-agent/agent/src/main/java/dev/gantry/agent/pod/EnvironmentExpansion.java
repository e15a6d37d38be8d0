package dev.gantry.agent.pod;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code $(NAME)} in values, commands and arguments, as in Kubernetes: unknown names stay as they are, {@code $$} is a dollar. */
final class EnvironmentExpansion {
    private EnvironmentExpansion() {}

    static String expand(String text, Map<String, String> variables) {
        StringBuilder result = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '$' || at + 1 == text.length()) {
                result.append(c);
                at++;
                continue;
            }
            char next = text.charAt(at + 1);
            int end = next == '(' ? text.indexOf(')', at + 2) : -1;
            if (next == '$') {
                result.append('$');
                at += 2;
            } else if (end > 0) {
                String value = variables.get(text.substring(at + 2, end));
                result.append(value == null ? text.substring(at, end + 1) : value);
                at = end + 1;
            } else {
                result.append(c);
                at++;
            }
        }
        return result.toString();
    }

    static List<String> expandAll(List<String> texts, Map<String, String> variables) {
        return texts.stream().map(text -> expand(text, variables)).toList();
    }

    /** {@code NAME=value} lines of an image; a line without = is a name with no value. */
    static Map<String, String> parse(List<String> lines) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                variables.put(line.substring(0, equals), line.substring(equals + 1));
            } else if (equals < 0 && !line.isEmpty()) {
                variables.put(line, "");
            }
        }
        return variables;
    }
}
