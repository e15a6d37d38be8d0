package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.tar.TarEntry;
import dev.gantry.agent.tar.TarException;
import dev.gantry.agent.tar.TarWriter;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.FileStatus;
import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Archives an unpacked layer: sorted by name, without anything of this host (times of access, inode numbers, names of users), so that the same files always give
 * the same bytes and a layer need not be kept twice. What is no part of an image (sockets, the overlay's own attributes) is left out.
 */
public final class LayerTar {
    /** Room for a whiteout's prefix below PATH_MAX; it also bounds the depth. */
    private static final int MAX_PATH = 4000;

    private final TarWriter writer;
    private final Map<Long, String> firstNames = new HashMap<>();
    private long contentBytes;
    private Instant latest = Instant.EPOCH;

    private LayerTar(TarWriter writer) {
        this.writer = writer;
    }

    /**
     * What was archived.
     *
     * @param contentBytes of all files
     * @param latest the newest modification time; the epoch when there is none later
     */
    public record Summary(long contentBytes, Instant latest) {}

    /**
     * @param root in overlay form; nobody may change it meanwhile
     * @param out closed at the end
     */
    public static Summary write(RootedDirectory root, OutputStream out) throws IOException {
        requireNonNull(root, "root is null");
        try (TarWriter writer = new TarWriter(out)) {
            LayerTar layer = new LayerTar(writer);
            layer.directory(root, "");
            return new Summary(layer.contentBytes, layer.latest);
        }
    }

    private void directory(RootedDirectory directory, String path) throws IOException {
        List<String> names = directory.list("").stream().sorted().toList();
        for (String name : names) {
            FileWork.checkInterrupt();
            entry(directory, name, EntryPath.child(path, name));
        }
    }

    private void entry(RootedDirectory directory, String name, String path) throws IOException {
        if (path.length() > MAX_PATH) {
            throw new TarException(
                    path, "has a path of more than %s characters, which no archive can hold".formatted(MAX_PATH));
        }
        FileStatus status = directory.stat(name);
        if (status.isSocket()) {
            return;
        }
        if (name.startsWith(Whiteout.PREFIX)) {
            throw new TarException(
                    path, "begins with .wh., which means in an image that a file is deleted; give it another name");
        }
        if (Whiteout.isWhiteout(status)) {
            String hidden = EntryPath.child(EntryPath.parent(path), Whiteout.PREFIX + name);
            writer.put(TarEntry.file(hidden, 0, 0, 0, 0, Instant.EPOCH));
            return;
        }
        latest = status.modified().isAfter(latest) ? status.modified() : latest;
        if (!status.isDirectory() && status.links() > 1) {
            String first = firstNames.putIfAbsent(status.inode(), path);
            if (first != null) {
                writer.put(TarEntry.hardLink(path, first, status.modified()));
                return;
            }
        }
        if (status.isDirectory()) {
            writer.put(entryOf(directory, name, path, status, TarEntry.Type.DIRECTORY, ""));
            descend(directory, name, path);
        } else if (status.isRegularFile()) {
            file(directory, name, path, status);
        } else if (status.isSymbolicLink()) {
            writer.put(entryOf(directory, name, path, status, TarEntry.Type.SYMBOLIC_LINK, directory.readlink(name)));
        } else if (status.isFifo()) {
            writer.put(entryOf(directory, name, path, status, TarEntry.Type.FIFO, ""));
        } else {
            throw new TarException(path, "is a device node; images have none, containers get theirs when they start");
        }
    }

    private void descend(RootedDirectory directory, String name, String path) throws IOException {
        if (Whiteout.isOpaque(directory, name)) {
            writer.put(TarEntry.file(path + "/" + Whiteout.OPAQUE, 0, 0, 0, 0, Instant.EPOCH));
        }
        try (RootedDirectory child = directory.openDirectory(name)) {
            directory(child, path);
        }
    }

    private void file(RootedDirectory directory, String name, String path, FileStatus status) throws IOException {
        contentBytes += status.size();
        try (Descriptor file = directory.open(name, OpenFlags.READ_ONLY | OpenFlags.NOFOLLOW, 0);
                InputStream content = new BufferedInputStream(file.input(), 1 << 16)) {
            writer.put(entryOf(directory, name, path, status, TarEntry.Type.FILE, ""), content);
        }
    }

    private static TarEntry entryOf(
            RootedDirectory directory, String name, String path, FileStatus status, TarEntry.Type type, String link)
            throws IOException {
        return new TarEntry(
                path,
                type,
                status.permissions(),
                Integer.toUnsignedLong(status.uid()),
                Integer.toUnsignedLong(status.gid()),
                type == TarEntry.Type.FILE ? status.size() : 0,
                status.modified(),
                link,
                0,
                0,
                FileAttributes.read(directory, name));
    }
}
