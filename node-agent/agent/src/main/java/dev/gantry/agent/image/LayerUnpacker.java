package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.tar.TarEntry;
import dev.gantry.agent.tar.TarException;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.agent.tar.TarReader;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.Errno;
import dev.gantry.linux.FileStatus;
import dev.gantry.linux.FileTimes;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks an archive beneath a directory that nobody else writes to. Whatever the archive says, nothing outside is read or written: a parent of an entry must be
 * a real directory, never a symbolic link, and every path is resolved by the kernel beneath the root. Device nodes, attributes of the overlay and paths that
 * lead out are refused by name. The caller removes what was unpacked before a failure.
 */
public final class LayerUnpacker {
    /** What the archive is. */
    public enum Kind {
        /** A layer of an image: whiteouts, owners and attributes count. */
        LAYER,
        /** Files with owners and attributes, but without whiteouts. */
        FILES,
        /** The context of a build: all belongs to root, and attributes are left out. */
        CONTEXT
    }

    private static final Set<String> IGNORED_ATTRIBUTES = Set.of("security.selinux", "security.ima", "security.evm");
    private static final int BUFFER = 1 << 16;
    private static final int IMPLICIT_MODE = 0755;
    private static final int FIFO = 0010000;

    private final RootedDirectory root;
    private final Kind kind;
    private final TarLimits limits;
    private final byte[] buffer = new byte[BUFFER];
    private final Set<String> directories = new HashSet<>();
    private final Map<String, Instant> directoryTimes = new HashMap<>();
    private long contentBytes;
    private Instant latest = Instant.EPOCH;
    private String parentPath = "";
    private @Nullable RootedDirectory parent;

    /** @param root of {@link RootedDirectory.Escape#REFUSED}; stays the caller's */
    public LayerUnpacker(RootedDirectory root, Kind kind, TarLimits limits) {
        this.root = requireNonNull(root, "root is null");
        this.kind = requireNonNull(kind, "kind is null");
        this.limits = requireNonNull(limits, "limits is null");
    }

    /**
     * Reads a plain tar to the end of the stream. Once per object.
     *
     * @return what was unpacked
     * @throws TarException naming the entry that is refused
     */
    public LayerTar.Summary unpack(InputStream tar) throws IOException {
        TarReader reader = new TarReader(tar, limits);
        try {
            for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
                FileWork.checkInterrupt();
                unpackEntry(entry, reader.content());
            }
            reader.drain();
            for (Map.Entry<String, Instant> directory : directoryTimes.entrySet()) {
                root.setTimes(directory.getKey(), FileTimes.both(directory.getValue()));
            }
            return new LayerTar.Summary(contentBytes, latest);
        } finally {
            closeParent();
        }
    }

    private void unpackEntry(TarEntry entry, InputStream content) throws IOException {
        String path = EntryPath.of(entry, entry.name());
        if (path.isEmpty()) {
            return; // the root's own attributes are always the same
        }
        try {
            enter(entry, EntryPath.parent(path));
            String name = EntryPath.name(path);
            if (kind == Kind.LAYER && name.startsWith(Whiteout.PREFIX)) {
                whiteout(entry, name);
            } else {
                create(entry, path, name, content);
            }
        } catch (LinuxException e) {
            throw refused(entry, e);
        }
    }

    private static IOException refused(TarEntry entry, LinuxException e) {
        if (e.is(Errno.ENOSPC) || e.is(Errno.EDQUOT) || e.is(Errno.EIO)) {
            return e;
        }
        return new TarException(entry.name(), "can't be unpacked: " + e.getMessage(), e);
    }

    /** Makes {@code path} the parent of what follows, after checking that no part of it is a link. */
    private void enter(TarEntry entry, String path) throws IOException {
        if (parent != null && path.equals(parentPath)) {
            return;
        }
        closeParent();
        StringBuilder prefix = new StringBuilder();
        for (String part : path.split("/")) {
            if (!part.isEmpty()) {
                prefix.append(prefix.isEmpty() ? "" : "/").append(part);
                checkDirectory(entry, prefix.toString());
            }
        }
        parent = path.isEmpty() ? root : root.openDirectory(path);
        parentPath = path;
    }

    private void checkDirectory(TarEntry entry, String path) throws IOException {
        if (directories.contains(path)) {
            return;
        }
        Optional<FileStatus> found = root.find(path);
        if (found.isEmpty()) {
            root.mkdir(path, IMPLICIT_MODE);
            root.chmod(path, IMPLICIT_MODE);
            directoryTimes.put(path, entry.modified());
        } else if (Whiteout.isWhiteout(found.get())) {
            root.unlink(path);
            root.mkdir(path, IMPLICIT_MODE);
            root.chmod(path, IMPLICIT_MODE);
            Whiteout.makeOpaque(root, path);
            directoryTimes.put(path, entry.modified());
        } else if (!found.get().isDirectory()) {
            throw new TarException(
                    entry.name(),
                    found.get().isSymbolicLink()
                            ? "goes through the symbolic link %s".formatted(path)
                            : "lies beneath %s, which is no directory".formatted(path));
        }
        directories.add(path);
    }

    private RootedDirectory parent() {
        return requireNonNull(parent, "parent is null");
    }

    private void closeParent() {
        if (parent != null && parent != root) {
            parent.close();
        }
        parent = null;
    }

    private void whiteout(TarEntry entry, String name) throws IOException {
        if (name.equals(Whiteout.OPAQUE)) {
            if (parentPath.isEmpty()) {
                throw new TarException(entry.name(), "hides the whole root, which overlayfs can't express");
            }
            Whiteout.makeOpaque(root, parentPath);
            return;
        }
        if (name.startsWith(Whiteout.RESERVED_PREFIX)) {
            return;
        }
        String hidden = name.substring(Whiteout.PREFIX.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
            throw new TarException(entry.name(), "is a whiteout of nothing");
        }
        Optional<FileStatus> existing = parent().find(hidden);
        if (existing.isEmpty()) {
            Whiteout.create(parent(), hidden);
        } else if (existing.get().isDirectory()) {
            Whiteout.makeOpaque(parent(), hidden);
        }
    }

    private void create(TarEntry entry, String path, String name, InputStream content) throws IOException {
        boolean opaque = makeWay(entry, path, name);
        contentBytes += entry.size();
        latest = entry.modified().isAfter(latest) ? entry.modified() : latest;
        switch (entry.type()) {
            case FILE -> createFile(entry, name, content);
            case DIRECTORY -> createDirectory(entry, path, name, opaque);
            case SYMBOLIC_LINK -> createSymbolicLink(entry, name);
            case HARD_LINK -> createHardLink(entry, path, name);
            case FIFO -> createFifo(entry, name);
            case CHARACTER_DEVICE, BLOCK_DEVICE ->
                throw new TarException(
                        entry.name(), "is a device node; images have none, containers get theirs when they start");
        }
    }

    /** Removes what has the name already, unless a directory stays one. @return whether it was a whiteout */
    private boolean makeWay(TarEntry entry, String path, String name) throws IOException {
        Optional<FileStatus> existing = parent().find(name);
        if (existing.isEmpty() || (existing.get().isDirectory() && entry.type() == TarEntry.Type.DIRECTORY)) {
            return false;
        }
        if (entry.type() == TarEntry.Type.HARD_LINK
                && EntryPath.of(entry, entry.linkTarget()).equals(path)) {
            throw new TarException(entry.name(), "is a hard link to itself");
        }
        if (existing.get().isDirectory()) {
            directories.removeIf(known -> known.equals(path) || known.startsWith(path + "/"));
            directoryTimes.keySet().removeIf(known -> known.equals(path) || known.startsWith(path + "/"));
        }
        parent().deleteTree(name);
        return Whiteout.isWhiteout(existing.get());
    }

    private void createFile(TarEntry entry, String name, InputStream content) throws IOException {
        try (Descriptor file = parent().create(name, 0600)) {
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                file.write(buffer, 0, count);
                FileWork.checkInterrupt();
            }
            if (kind != Kind.CONTEXT) {
                file.chown((int) entry.uid(), (int) entry.gid());
            }
            file.chmod(entry.mode());
            setAttributes(entry, name);
            file.setTimes(FileTimes.both(entry.modified()));
        }
    }

    private void createDirectory(TarEntry entry, String path, String name, boolean opaque) throws IOException {
        if (parent().find(name).isEmpty()) {
            parent().mkdir(name, 0700);
        }
        if (opaque) {
            Whiteout.makeOpaque(parent(), name);
        }
        setOwner(entry, name);
        parent().chmod(name, entry.mode());
        setAttributes(entry, name);
        directories.add(path);
        directoryTimes.put(path, entry.modified());
    }

    private void createSymbolicLink(TarEntry entry, String name) throws IOException {
        parent().symlink(entry.linkTarget(), name);
        setOwner(entry, name);
        parent().setTimes(name, FileTimes.both(entry.modified()));
    }

    private void createHardLink(TarEntry entry, String path, String name) throws IOException {
        String target = EntryPath.of(entry, entry.linkTarget());
        String ancestor = EntryPath.parent(target);
        while (!ancestor.isEmpty()) {
            Optional<FileStatus> status = root.find(ancestor);
            if (status.isEmpty() || !status.get().isDirectory()) {
                throw new TarException(
                        entry.name(), "is a hard link to %s, which goes through no directory".formatted(target));
            }
            ancestor = EntryPath.parent(ancestor);
        }
        Optional<FileStatus> existing = target.isEmpty() ? Optional.empty() : root.find(target);
        if (existing.isEmpty() || existing.get().isDirectory() || Whiteout.isWhiteout(existing.get())) {
            throw new TarException(
                    entry.name(), "is a hard link to %s, which is no earlier file of the archive".formatted(target));
        }
        root.link(target, path);
    }

    private void createFifo(TarEntry entry, String name) throws IOException {
        if (kind == Kind.CONTEXT) {
            throw new TarException(entry.name(), "is a FIFO, which a context can't hold");
        }
        parent().mknod(name, FIFO | 0600, 0, 0);
        setOwner(entry, name);
        parent().chmod(name, entry.mode());
        setAttributes(entry, name);
        parent().setTimes(name, FileTimes.both(entry.modified()));
    }

    private void setOwner(TarEntry entry, String name) throws IOException {
        if (kind != Kind.CONTEXT) {
            parent().chown(name, (int) entry.uid(), (int) entry.gid());
        }
    }

    /** After chown(2), which takes file capabilities away. */
    private void setAttributes(TarEntry entry, String name) throws IOException {
        if (kind == Kind.CONTEXT) {
            return;
        }
        for (Map.Entry<String, byte[]> attribute : entry.xattrs().entrySet()) {
            if (FileAttributes.isKept(attribute.getKey())) {
                parent().setXattr(name, attribute.getKey(), attribute.getValue());
            } else if (!IGNORED_ATTRIBUTES.contains(attribute.getKey())) {
                throw new TarException(
                        entry.name(),
                        "has the attribute %s; expected user.*, security.capability or system.posix_acl_*"
                                .formatted(attribute.getKey().replaceAll("\\p{Cntrl}", "?")));
            }
        }
    }
}
