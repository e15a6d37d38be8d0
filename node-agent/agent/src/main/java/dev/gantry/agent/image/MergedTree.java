package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.Descriptor;
import dev.gantry.linux.FileStatus;
import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a container sees of a stack of layers, without mounting them: the rules of overlayfs (kernel documentation, "overlayfs": merged directories, whiteouts,
 * opaque directories) over directory descriptors. Paths are relative and normal ({@code a/b}); the root is empty. Links are followed only by {@link #resolve},
 * and within the tree only. Many calls belong on one thread of {@link FileWork}. Nobody may change the lower layers meanwhile.
 */
public final class MergedTree implements AutoCloseable {
    /** As the kernel's. */
    private static final int MAX_LINKS = 40;

    private final List<RootedDirectory> layers;

    private MergedTree(List<RootedDirectory> layers) {
        this.layers = layers;
    }

    /** @param layers the top one first */
    public static MergedTree open(List<Path> layers) throws IOException {
        List<RootedDirectory> open = new ArrayList<>();
        MergedTree tree = new MergedTree(open);
        try {
            for (Path layer : layers) {
                open.add(RootedDirectory.open(layer, RootedDirectory.Escape.REFUSED));
            }
            return tree;
        } catch (IOException e) {
            tree.close();
            throw e;
        }
    }

    /**
     * Something in the tree.
     *
     * @param layers those that contribute, the top one first: one for a file, one or more for a directory
     */
    public record Node(String path, FileStatus status, List<Integer> layers) {
        public Node {
            layers = List.copyOf(layers);
        }

        int top() {
            return layers.getFirst();
        }
    }

    /** The node at this path, without following any link; empty when there is none. */
    public Optional<Node> find(String path) throws IOException {
        Optional<Node> node = root();
        for (String name : parts(path)) {
            if (node.isEmpty() || !node.get().status().isDirectory()) {
                return Optional.empty();
            }
            node = child(node.get(), name);
        }
        return node;
    }

    /**
     * Follows links within the tree, as a process would whose root it is: {@code ..} stops at the root, absolute links begin there.
     *
     * @param path relative or absolute; parts that don't exist are kept as they are
     * @param followLast whether a link at the end is followed
     * @return a path without links
     * @throws IOException for a loop of links
     */
    public String resolve(String path, boolean followLast) throws IOException {
        Deque<String> left = new ArrayDeque<>(parts(path));
        List<String> done = new ArrayList<>();
        int links = 0;
        while (!left.isEmpty()) {
            String name = left.removeFirst();
            if (name.equals("..")) {
                if (!done.isEmpty()) {
                    done.removeLast();
                }
                continue;
            }
            String current = EntryPath.child(String.join("/", done), name);
            Optional<Node> node = find(current);
            boolean follow =
                    node.isPresent() && node.get().status().isSymbolicLink() && (followLast || !left.isEmpty());
            if (!follow) {
                done.add(name);
                continue;
            }
            if (++links > MAX_LINKS) {
                throw new IOException(
                        "The path %s goes through more than %s symbolic links".formatted(path, MAX_LINKS));
            }
            String target = readlink(node.get());
            if (target.startsWith("/")) {
                done.clear();
            }
            List<String> inserted = parts(target);
            for (int i = inserted.size() - 1; i >= 0; i--) {
                left.addFirst(inserted.get(i));
            }
        }
        return String.join("/", done);
    }

    /** The children of a directory, by name. */
    public SortedMap<String, Node> list(Node directory) throws IOException {
        SortedMap<String, Node> children = new TreeMap<>();
        java.util.Set<String> names = new java.util.TreeSet<>();
        for (int layer : directory.layers()) {
            names.addAll(layers.get(layer).list(directory.path()));
        }
        for (String name : names) {
            child(directory, name).ifPresent(node -> children.put(name, node));
        }
        return children;
    }

    public String readlink(Node link) throws IOException {
        return layers.get(link.top()).readlink(link.path());
    }

    /** Opens a regular file for reading. */
    public Descriptor open(Node file) throws IOException {
        if (!file.status().isRegularFile()) {
            throw new IOException("/%s is no regular file".formatted(file.path()));
        }
        return layers.get(file.top()).open(file.path(), OpenFlags.READ_ONLY | OpenFlags.NOFOLLOW, 0);
    }

    /** The attributes that belong to an image. */
    public SortedMap<String, byte[]> attributes(Node node) throws IOException {
        return node.path().isEmpty()
                ? Collections.emptySortedMap()
                : FileAttributes.read(layers.get(node.top()), node.path());
    }

    /**
     * The beginning of a file that a person configures the tree with, such as /etc/passwd, links followed within the tree.
     *
     * @return empty when it is missing or no regular file
     */
    public Optional<byte[]> read(String path, int maxBytes) throws IOException {
        Optional<Node> node = find(resolve(path, true));
        if (node.isEmpty() || !node.get().status().isRegularFile()) {
            return Optional.empty();
        }
        try (Descriptor file = open(node.get())) {
            return Optional.of(file.input().readNBytes(maxBytes));
        }
    }

    @Override
    public void close() {
        layers.forEach(RootedDirectory::close);
    }

    /** Parts of a path without empty ones and {@code .}. */
    static List<String> parts(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return parts;
    }

    private Optional<Node> root() throws IOException {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            all.add(i);
        }
        return layers.isEmpty()
                ? Optional.empty()
                : Optional.of(new Node("", layers.getFirst().descriptor().stat(), all));
    }

    private Optional<Node> child(Node directory, String name) throws IOException {
        String path = EntryPath.child(directory.path(), name);
        List<Integer> merged = new ArrayList<>();
        FileStatus top = null;
        for (int layer : directory.layers()) {
            Optional<FileStatus> found = layers.get(layer).find(path);
            if (found.isEmpty()) {
                continue;
            }
            FileStatus status = found.get();
            if (!status.isDirectory()) {
                boolean visible = top == null && !Whiteout.isWhiteout(status);
                return visible
                        ? Optional.of(new Node(path, status, List.of(layer)))
                        : top == null ? Optional.empty() : Optional.of(new Node(path, top, merged));
            }
            merged.add(layer);
            top = top == null ? status : top;
            if (Whiteout.isOpaque(layers.get(layer), path)) {
                break;
            }
        }
        return top == null ? Optional.empty() : Optional.of(new Node(path, requireNonNull(top, "top is null"), merged));
    }
}
