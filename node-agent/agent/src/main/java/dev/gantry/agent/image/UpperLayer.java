package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.MergedTree.Node;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.FileTimes;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A layer that is being made on top of others by adding files to it, as overlayfs would: a directory of a lower layer is copied up with its attributes before
 * something is put into it. Belongs to one thread of {@link FileWork}; {@link #finish} once at the end.
 */
public final class UpperLayer implements AutoCloseable {
    private static final int BUFFER = 1 << 16;
    private static final int FIFO = 0010000;

    private final RootedDirectory upper;
    private final MergedTree tree;
    private final Map<String, Instant> directoryTimes = new HashMap<>();
    private final byte[] buffer = new byte[BUFFER];

    private UpperLayer(RootedDirectory upper, MergedTree tree) {
        this.upper = upper;
        this.tree = tree;
    }

    /**
     * @param upper an empty directory
     * @param lower the layers beneath, the top one first
     */
    public static UpperLayer open(Path upper, List<Path> lower) throws IOException {
        List<Path> all = new ArrayList<>();
        all.add(upper);
        all.addAll(lower);
        RootedDirectory directory = RootedDirectory.open(upper, RootedDirectory.Escape.REFUSED);
        try {
            return new UpperLayer(directory, MergedTree.open(all));
        } catch (IOException e) {
            directory.close();
            throw e;
        }
    }

    /** Owner, permissions, time and attributes of what is added. */
    public record Metadata(int mode, int uid, int gid, Instant modified, SortedMap<String, byte[]> attributes) {
        public Metadata {
            requireNonNull(modified, "modified is null");
        }
    }

    /** What a container would see, with everything that was added so far. */
    public MergedTree tree() {
        return tree;
    }

    /**
     * Makes a directory with its parents as far as they are missing; what exists stays as it is.
     *
     * @param path without links, see {@link MergedTree#resolve}
     * @param missing how directories are made that are missing
     * @throws IOException when a part of the path is no directory
     */
    public void ensureDirectory(String path, Metadata missing) throws IOException {
        String prefix = "";
        for (String part : MergedTree.parts(path)) {
            prefix = EntryPath.child(prefix, part);
            Optional<Node> node = tree.find(prefix);
            if (node.isEmpty()) {
                makeDirectory(prefix, missing);
            } else if (!node.get().status().isDirectory()) {
                throw new IOException("/%s exists and is no directory".formatted(prefix));
            } else {
                copyUp(node.get());
            }
        }
    }

    /** As {@link #ensureDirectory}, but gives an existing directory these attributes, too. Its parent must exist. */
    public void putDirectory(String path, Metadata metadata) throws IOException {
        ensureParent(path);
        Optional<Node> node = tree.find(path);
        if (node.isEmpty()) {
            makeDirectory(path, metadata);
            return;
        }
        if (!node.get().status().isDirectory()) {
            throw new IOException("/%s exists and is no directory, so no directory can be put there".formatted(path));
        }
        copyUp(node.get());
        apply(path, metadata);
        directoryTimes.put(path, metadata.modified());
    }

    /** Adds or replaces a file. Its parent must exist. */
    public void putFile(String path, Metadata metadata, InputStream content) throws IOException {
        makeWay(path);
        try (Descriptor file = upper.create(path, 0600)) {
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                file.write(buffer, 0, count);
                FileWork.checkInterrupt();
            }
        }
        apply(path, metadata);
        upper.setTimes(path, FileTimes.both(metadata.modified()));
    }

    /** Adds or replaces a symbolic link, whose target is not looked at. Its parent must exist. */
    public void putSymbolicLink(String path, Metadata metadata, String target) throws IOException {
        makeWay(path);
        upper.symlink(target, path);
        upper.chown(path, metadata.uid(), metadata.gid());
        upper.setTimes(path, FileTimes.both(metadata.modified()));
    }

    /** Adds or replaces a FIFO. Its parent must exist. */
    public void putFifo(String path, Metadata metadata) throws IOException {
        makeWay(path);
        upper.mknod(path, FIFO | 0600, 0, 0);
        apply(path, metadata);
        upper.setTimes(path, FileTimes.both(metadata.modified()));
    }

    /** Gives all directories their times, which adding to them has changed. */
    public void finish() throws IOException {
        for (Map.Entry<String, Instant> directory : directoryTimes.entrySet()) {
            upper.setTimes(directory.getKey(), FileTimes.both(directory.getValue()));
        }
    }

    @Override
    public void close() {
        tree.close();
        upper.close();
    }

    private void makeWay(String path) throws IOException {
        ensureParent(path);
        Optional<Node> existing = tree.find(path);
        if (existing.isPresent() && existing.get().status().isDirectory()) {
            throw new IOException("/%s exists and is a directory, so no file can be put there".formatted(path));
        }
        if (upper.find(path).isPresent()) {
            upper.unlink(path);
        }
    }

    private void ensureParent(String path) throws IOException {
        String parent = EntryPath.parent(path);
        if (parent.isEmpty() || directoryTimes.containsKey(parent)) {
            return;
        }
        String prefix = "";
        for (String part : MergedTree.parts(parent)) {
            prefix = EntryPath.child(prefix, part);
            Node node = tree.find(prefix).orElseThrow();
            copyUp(node);
        }
    }

    private void copyUp(Node directory) throws IOException {
        if (directory.top() == 0) {
            directoryTimes.putIfAbsent(directory.path(), directory.status().modified());
            return;
        }
        upper.mkdir(directory.path(), 0700);
        apply(
                directory.path(),
                new Metadata(
                        directory.status().permissions(),
                        directory.status().uid(),
                        directory.status().gid(),
                        directory.status().modified(),
                        tree.attributes(directory)));
        directoryTimes.put(directory.path(), directory.status().modified());
    }

    private void makeDirectory(String path, Metadata metadata) throws IOException {
        upper.mkdir(path, 0700);
        apply(path, metadata);
        directoryTimes.put(path, metadata.modified());
    }

    private void apply(String path, Metadata metadata) throws IOException {
        upper.chown(path, metadata.uid(), metadata.gid());
        upper.chmod(path, metadata.mode());
        for (Map.Entry<String, byte[]> attribute : metadata.attributes().entrySet()) {
            upper.setXattr(path, attribute.getKey(), attribute.getValue());
        }
    }
}
