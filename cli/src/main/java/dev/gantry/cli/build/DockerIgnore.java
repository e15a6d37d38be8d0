package dev.gantry.cli.build;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a {@code .dockerignore} leaves out of the context, by Docker's rules: patterns are relative to the context's root, {@code **} crosses folders,
 * {@code !} takes back in, and the last pattern that matches wins; a pattern that matches a folder covers everything beneath it. Pure.
 */
final class DockerIgnore {
    private final List<Rule> rules = new ArrayList<>();

    DockerIgnore(List<String> lines) {
        for (String line : lines) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            boolean back = text.startsWith("!");
            String pattern = (back ? text.substring(1) : text).strip();
            pattern = pattern.replaceAll("^(\\./|/)+", "").replaceAll("/+$", "");
            if (!pattern.isEmpty() && !pattern.equals(".")) {
                rules.add(new Rule(Pattern.compile(expression(pattern)), back));
            }
        }
    }

    /** @param path relative to the root, with forward slashes */
    boolean ignores(String path) {
        boolean ignored = false;
        for (Rule rule : rules) {
            if (ignored == rule.back && rule.covers(path)) {
                ignored = !rule.back;
            }
        }
        return ignored;
    }

    /** Whether something beneath an ignored folder may be taken back in, so that it must be walked. */
    boolean mayTakeBack() {
        return rules.stream().anyMatch(r -> r.back);
    }

    private static String expression(String pattern) {
        StringBuilder expression = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            switch (c) {
                case '*' -> {
                    if (pattern.startsWith("**/", i)) {
                        expression.append("(.*/)?");
                        i += 2;
                    } else if (pattern.startsWith("**", i)) {
                        expression.append(".*");
                        i += 1;
                    } else {
                        expression.append("[^/]*");
                    }
                }
                case '?' -> expression.append("[^/]");
                case '[' -> {
                    int end = pattern.indexOf(']', i + 1);
                    if (end < 0) {
                        expression.append("\\[");
                    } else {
                        String set = pattern.substring(i + 1, end).replace("\\", "\\\\");
                        expression.append('[').append(set).append(']');
                        i = end;
                    }
                }
                case '\\' -> {
                    i++;
                    expression.append(Pattern.quote(i < pattern.length() ? pattern.substring(i, i + 1) : "\\"));
                }
                default -> expression.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return expression.toString();
    }

    private record Rule(Pattern pattern, boolean back) {
        boolean covers(String path) {
            for (int end = path.length(); end > 0; end = path.lastIndexOf('/', end - 1)) {
                if (pattern.matcher(path.substring(0, end)).matches()) {
                    return true;
                }
            }
            return false;
        }
    }
}
