package dev.gantry.agent.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.image.FileWork;
import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.MergedTree.Node;
import dev.gantry.agent.image.UpperLayer;
import dev.gantry.common.image.Digest;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.FileStatus;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The files that one COPY or ADD brings, in their order: what they are, where they go, and a digest of all that matters of them. */
final class CopyPlan {
    private final List<Item> items = new ArrayList<>();

    /** Owner and permissions that replace those of the source; null keeps them. */
    record Override(
            @Nullable Integer uid,
            @Nullable Integer gid,
            @Nullable Integer mode) {}

    /**
     * @param destination without links, beneath the root
     * @param content of a here-document; null for a node
     */
    @SuppressWarnings("ArrayRecordComponent")
    private record Item(
            @Nullable MergedTree tree,
            @Nullable Node node,
            byte @Nullable [] content,
            String destination,
            Override override) {}

    void add(MergedTree tree, Node node, String destination, Override override) {
        items.add(new Item(tree, node, null, destination, override));
    }

    void addFile(byte[] content, String destination, Override override) {
        items.add(new Item(null, null, content, destination, override));
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    /** Digest of names, types, modes, owners, attributes and content; not of times, which a fresh checkout changes. */
    Digest digest() throws IOException {
        MessageDigest sha256 = Digest.newSha256();
        for (Item item : items) {
            FileWork.checkInterrupt();
            field(sha256, item.destination());
            field(sha256, String.valueOf(item.override()));
            if (item.node() == null || item.tree() == null) {
                sha256.update(item.content() == null ? new byte[0] : item.content());
            } else {
                digestNode(sha256, item.tree(), item.node());
            }
        }
        return Digest.finish(sha256);
    }

    private static void digestNode(MessageDigest sha256, MergedTree tree, Node node) throws IOException {
        FileStatus status = node.status();
        field(
                sha256,
                "%o %s %s %s"
                        .formatted(
                                status.mode(), status.uid(), status.gid(), status.isRegularFile() ? status.size() : 0));
        for (var attribute : tree.attributes(node).entrySet()) {
            field(sha256, attribute.getKey());
            sha256.update(attribute.getValue());
        }
        if (status.isSymbolicLink()) {
            field(sha256, tree.readlink(node));
        } else if (status.isRegularFile()) {
            byte[] buffer = new byte[1 << 16];
            try (Descriptor file = tree.open(node)) {
                for (int count = file.read(buffer, 0, buffer.length);
                        count >= 0;
                        count = file.read(buffer, 0, buffer.length)) {
                    sha256.update(buffer, 0, count);
                    FileWork.checkInterrupt();
                }
            }
        }
    }

    /**
     * Brings the files into the layer.
     *
     * @param made time of directories and here-documents that have none of their own
     */
    void apply(UpperLayer layer, Instant made) throws IOException {
        for (Item item : items) {
            FileWork.checkInterrupt();
            layer.ensureDirectory(parent(item.destination()), directoryMetadata(item.override(), made));
            if (item.node() == null || item.tree() == null) {
                byte[] content = item.content() == null ? new byte[0] : item.content();
                layer.putFile(
                        item.destination(),
                        metadata(0644, 0, 0, made, Collections.emptySortedMap(), item.override()),
                        new ByteArrayInputStream(content));
            } else {
                applyNode(layer, item.tree(), item.node(), item);
            }
        }
        layer.finish();
    }

    private static void applyNode(UpperLayer layer, MergedTree tree, Node node, Item item) throws IOException {
        FileStatus status = node.status();
        UpperLayer.Metadata metadata = metadata(
                status.permissions(),
                status.uid(),
                status.gid(),
                status.modified(),
                tree.attributes(node),
                item.override());
        String destination = item.destination();
        if (status.isDirectory()) {
            if (!destination.isEmpty()) {
                layer.putDirectory(destination, metadata);
            }
        } else if (status.isRegularFile()) {
            try (Descriptor file = tree.open(node);
                    InputStream content = new BufferedInputStream(file.input(), 1 << 16)) {
                layer.putFile(destination, metadata, content);
            }
        } else if (status.isSymbolicLink()) {
            layer.putSymbolicLink(destination, metadata, tree.readlink(node));
        } else if (status.isFifo()) {
            layer.putFifo(destination, metadata);
        }
    }

    static UpperLayer.Metadata directoryMetadata(Override override, Instant made) {
        Integer uid = override.uid();
        Integer gid = override.gid();
        return new UpperLayer.Metadata(
                0755, uid == null ? 0 : uid, gid == null ? 0 : gid, made, Collections.emptySortedMap());
    }

    private static UpperLayer.Metadata metadata(
            int mode, int uid, int gid, Instant modified, SortedMap<String, byte[]> attributes, Override override) {
        Integer newMode = override.mode();
        Integer newUid = override.uid();
        Integer newGid = override.gid();
        return new UpperLayer.Metadata(
                newMode == null ? mode : newMode,
                newUid == null ? uid : newUid,
                newGid == null ? gid : newGid,
                modified,
                attributes);
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private static void field(MessageDigest sha256, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        sha256.update((bytes.length + ":").getBytes(UTF_8));
        sha256.update(bytes);
    }
}
