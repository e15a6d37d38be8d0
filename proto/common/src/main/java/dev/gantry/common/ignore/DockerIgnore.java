package dev.gantry.common.ignore;

import java.util.ArrayList;
import java.util.List;

/** What {@code .dockerignore} keeps out of COPY and ADD: the last line that matches a path or a directory above it decides. */
public final class DockerIgnore {
    private final List<Line> lines;

    private DockerIgnore(List<Line> lines) {
        this.lines = List.copyOf(lines);
    }

    private record Line(PathPattern pattern, boolean exception) {}

    public static DockerIgnore none() {
        return new DockerIgnore(List.of());
    }

    /** @throws IllegalArgumentException naming the line of a pattern that can't be understood */
    public static DockerIgnore parse(String text) {
        List<Line> lines = new ArrayList<>();
        String[] all = (text.startsWith("\ufeff") ? text.substring(1) : text).split("\r?\n", -1);
        for (int i = 0; i < all.length; i++) {
            String line = all[i].strip();
            if (line.isEmpty() || all[i].startsWith("#")) {
                continue;
            }
            boolean exception = line.startsWith("!");
            String pattern = clean(exception ? line.substring(1).strip() : line);
            if (pattern.isEmpty()) {
                continue;
            }
            try {
                lines.add(new Line(PathPattern.compile(pattern), exception));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(".dockerignore line %s: %s".formatted(i + 1, e.getMessage()), e);
            }
        }
        return new DockerIgnore(lines);
    }

    public boolean isIgnored(String path) {
        boolean ignored = false;
        for (Line line : lines) {
            if (line.exception() == ignored && matchesPathOrParent(line.pattern(), path)) {
                ignored = !line.exception();
            }
        }
        return ignored;
    }

    /** Whether something beneath an ignored directory may not be ignored. */
    public boolean hasExceptions() {
        return lines.stream().anyMatch(Line::exception);
    }

    private static boolean matchesPathOrParent(PathPattern pattern, String path) {
        if (pattern.matches(path)) {
            return true;
        }
        for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
            if (pattern.matches(path.substring(0, slash))) {
                return true;
            }
        }
        return false;
    }

    private static String clean(String pattern) {
        List<String> parts = new ArrayList<>();
        for (String part : pattern.split("/")) {
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return String.join("/", parts);
    }
}
