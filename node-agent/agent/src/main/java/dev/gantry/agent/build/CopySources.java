package dev.gantry.agent.build;

import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.MergedTree.Node;
import dev.gantry.common.ignore.DockerIgnore;
import dev.gantry.common.ignore.PathPattern;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds what the sources of a COPY name in the context, a stage or an image. */
final class CopySources {
    private final MergedTree tree;
    private final DockerIgnore ignore;
    private final String where;

    /** @param where for messages: "the context", or the stage or image */
    CopySources(MergedTree tree, DockerIgnore ignore, String where) {
        this.tree = tree;
        this.ignore = ignore;
        this.where = where;
    }

    MergedTree tree() {
        return tree;
    }

    /** A source and the name that it keeps when it is put into a directory. */
    record Found(Node node, String name) {}

    /** @throws BuildFailure when the source leads out, or names nothing */
    List<Found> find(String source, int line) throws IOException, BuildFailure {
        List<String> parts = new ArrayList<>();
        for (String part : source.split("/")) {
            if (part.equals("..")) {
                throw new BuildFailure(
                        line, "the source %s leads out of %s; expected a path beneath it".formatted(source, where));
            }
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        String path = String.join("/", parts);
        List<Found> found = PathPattern.isPattern(path) ? matches(path, line) : one(path);
        if (found.isEmpty()) {
            throw new BuildFailure(
                    line,
                    "the source %s is not in %s%s"
                            .formatted(source, where, ignore.isIgnored(path) ? "; .dockerignore leaves it out" : ""));
        }
        return found;
    }

    private List<Found> one(String path) throws IOException {
        String resolved = tree.resolve(path, true);
        if (isHidden(path) || isHidden(resolved)) {
            return List.of();
        }
        return tree.find(resolved)
                .map(node -> List.of(new Found(node, name(path))))
                .orElse(List.of());
    }

    /** Whether nothing of it can be seen; an ignored directory may still hold exceptions. */
    private boolean isHidden(String path) {
        return !path.isEmpty() && ignore.isIgnored(path) && !ignore.hasExceptions();
    }

    private List<Found> matches(String pattern, int line) throws IOException, BuildFailure {
        PathPattern compiled;
        try {
            compiled = PathPattern.compile(pattern);
        } catch (IllegalArgumentException e) {
            throw new BuildFailure(line, String.valueOf(e.getMessage()), e);
        }
        List<Found> found = new ArrayList<>();
        int depth = pattern.contains("**")
                ? Integer.MAX_VALUE
                : (int) pattern.chars().filter(c -> c == '/').count();
        Optional<Node> root = tree.find("");
        if (root.isPresent()) {
            collect(root.get(), compiled, depth, found);
        }
        return found;
    }

    private void collect(Node directory, PathPattern pattern, int depth, List<Found> found) throws IOException {
        for (Node child : tree.list(directory).values()) {
            if (pattern.matches(child.path())) {
                found.addAll(one(child.path()));
            } else if (depth > 0 && child.status().isDirectory()) {
                collect(child, pattern, depth - 1, found);
            }
        }
    }

    /**
     * Adds a node and, of a directory, what is in it.
     *
     * @param keepDirectory whether a directory gives its own attributes to the destination
     */
    void addTree(CopyPlan plan, Node node, String destination, CopyPlan.Override override, boolean keepDirectory)
            throws IOException {
        boolean ignored = !node.path().isEmpty() && ignore.isIgnored(node.path());
        if (ignored && !(node.status().isDirectory() && ignore.hasExceptions())) {
            return;
        }
        if (!node.status().isDirectory() || (keepDirectory && !ignored)) {
            plan.add(tree, node, destination, override);
        }
        if (node.status().isDirectory()) {
            for (Node child : tree.list(node).values()) {
                String name = name(child.path());
                addTree(plan, child, destination.isEmpty() ? name : destination + "/" + name, override, true);
            }
        }
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
