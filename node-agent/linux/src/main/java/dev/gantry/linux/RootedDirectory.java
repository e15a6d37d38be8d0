package dev.gantry.linux;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A directory beneath which paths of others (of an image, a container, an archive) are resolved by the kernel, by openat2(2), never by a check of strings. Paths are
 * relative, with {@code /} between names (see {@link FileNames} for their encoding); what an operation creates, removes or looks at is the last name itself, never what
 * a symbolic link of that name leads to, unless the method says so. Safe for use by many threads. Each call goes to a native thread: wrap many in one
 * {@link NativeThreads#call} (a long job: in a lane of its own).
 */
public final class RootedDirectory implements AutoCloseable {
    /** Most calls at once that wait for the other end of a FIFO. */
    private static final int WAITING_OPENS = 1024;

    private static final NativeThreads.Lane WAITING = new NativeThreads.Lane("native-open", WAITING_OPENS);

    private static final long RESOLVE_NO_MAGICLINKS = 0x02;

    /** What happens to a path that leads out: {@code ..}, an absolute link, a mount of /proc with its magic links. */
    public enum Escape {
        /** An error, {@link Errno#EXDEV}: for archives, whose hostile entries must be reported. */
        REFUSED(0x08),
        /** Contained, as by chroot: for the file systems of containers, where absolute links are normal. */
        CONTAINED(0x10);

        private final long resolve;

        Escape(long resolve) {
            this.resolve = resolve;
        }
    }

    private final Descriptor directory;
    private final Escape escape;
    private final String what;

    private RootedDirectory(Descriptor directory, Escape escape, String what) {
        this.directory = requireNonNull(directory, "directory is null");
        this.escape = requireNonNull(escape, "escape is null");
        this.what = what;
    }

    /** Opens a trusted path, which may lead through symbolic links. */
    public static RootedDirectory open(Path path, Escape escape) throws LinuxException {
        String name = path.toString();
        return NativeThreads.call(() -> {
            int fd = Libc.openat2(
                    Libc.AT_FDCWD,
                    FileNames.cString(name),
                    OpenFlags.PATH | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC,
                    0,
                    0);
            return new RootedDirectory(descriptor(fd, name), escape, name);
        });
    }

    /** The directory itself, an O_PATH descriptor. */
    public Descriptor descriptor() {
        return directory;
    }

    /** A path of the directory for code that wants one, good while this object is open and in this process only. */
    public Path procPath() {
        return Path.of(directory.procPath());
    }

    /** A directory beneath, following links beneath, as the root of further operations. */
    public RootedDirectory openDirectory(String path) throws LinuxException {
        return new RootedDirectory(open(path, OpenFlags.PATH | OpenFlags.DIRECTORY, 0), escape, name(path));
    }

    /**
     * Opens a file, following links beneath. A FIFO or device never makes it wait: O_NONBLOCK is always set (it does nothing to regular files).
     *
     * @param flags of {@link OpenFlags}
     * @param mode of a file that is created
     */
    public Descriptor open(String path, int flags, int mode) throws LinuxException {
        long all = flags | OpenFlags.CLOEXEC | OpenFlags.NOCTTY | OpenFlags.NONBLOCK;
        if ((flags & OpenFlags.PATH) != 0) {
            all = flags | OpenFlags.CLOEXEC;
        }
        long effective = all;
        return NativeThreads.call(() -> openHere(path, effective, mode));
    }

    /**
     * Opens a file and waits, if it is a FIFO, for its other end. Runs in a lane of its own: however many wait there, nothing else does; over its 1,024 threads,
     * callers queue.
     *
     * @throws java.io.InterruptedIOException when interrupted; what is opened later is closed
     */
    public Descriptor openWaiting(String path, int flags, int mode)
            throws LinuxException, java.io.InterruptedIOException {
        long all = flags | OpenFlags.CLOEXEC | OpenFlags.NOCTTY;
        return WAITING.call(() -> Descriptor.waiting(openNumber(path, all, mode), name(path)), Descriptor::close);
    }

    /** Creates a regular file for writing; an error if the name is taken, also by a dangling link. */
    public Descriptor create(String path, int mode) throws LinuxException {
        return atParent(path, (parent, name) -> {
            long flags = OpenFlags.WRITE_ONLY
                    | OpenFlags.CREATE
                    | OpenFlags.EXCLUSIVE
                    | OpenFlags.NOFOLLOW
                    | OpenFlags.CLOEXEC;
            return descriptor(Libc.openat2(parent, name, flags, mode, Escape.REFUSED.resolve), name(path));
        });
    }

    public void mkdir(String path, int mode) throws LinuxException {
        inParent(path, "mkdir", (parent, name) -> Libc.C.mkdirat(parent, name, mode));
    }

    /** Makes a directory with its parents, as far as they are missing, following links beneath. */
    public void mkdirs(String path, int mode) throws LinuxException {
        NativeThreads.run(() -> {
            StringBuilder prefix = new StringBuilder();
            for (String part : path.split("/")) {
                if (part.isEmpty() || part.equals(".")) {
                    continue;
                }
                prefix.append(prefix.isEmpty() ? "" : "/").append(part);
                String current = prefix.toString();
                try (Descriptor existing =
                        openHere(current, OpenFlags.PATH | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0)) {
                    requireNonNull(existing, "existing is null");
                } catch (LinuxException e) {
                    if (!e.is(Errno.ENOENT)) {
                        throw e;
                    }
                    makeUnlessMade(current, mode);
                }
            }
        });
    }

    private void makeUnlessMade(String path, int mode) throws LinuxException {
        try {
            mkdir(path, mode);
        } catch (LinuxException e) {
            if (!e.is(Errno.EEXIST) || !stat(path).isDirectory()) {
                throw e;
            }
        }
    }

    /** @param target is stored as it is and not looked at */
    public void symlink(String target, String path) throws LinuxException {
        byte[] content = FileNames.cString(target);
        inParent(path, "symlink", (parent, name) -> Libc.C.symlinkat(content, parent, name));
    }

    /** A second name, {@code path}, for what {@code existing} names. Both are resolved beneath. */
    public void link(String existing, String path) throws LinuxException {
        atParent(existing, (fromParent, from) -> {
            inParent(path, "link", (parent, name) -> Libc.C.linkat(fromParent, from, parent, name, 0));
            return true;
        });
    }

    /** @param mode type ({@code 0010000} FIFO, {@code 0020000} character, {@code 0060000} block device) and permissions, of which the umask takes some */
    public void mknod(String path, int mode, int deviceMajor, int deviceMinor) throws LinuxException {
        inParent(
                path, "mknod", (parent, name) -> Libc.C.mknodat(parent, name, mode, makedev(deviceMajor, deviceMinor)));
    }

    static long makedev(long major, long minor) {
        return (major & 0xfff) << 8 | (major & ~0xfffL) << 32 | (minor & 0xff) | (minor & ~0xffL) << 12;
    }

    /** Replaces what {@code to} names. */
    public void rename(String from, String to) throws LinuxException {
        renameWith(from, this, to, 0);
    }

    /** Moves into another directory of the same file system; an error if the name is taken there. */
    public void moveTo(String from, RootedDirectory target, String to) throws LinuxException {
        renameWith(from, target, to, 1);
    }

    /** Swaps two names in one step. */
    public void exchange(String one, String other) throws LinuxException {
        renameWith(one, this, other, 2);
    }

    private void renameWith(String from, RootedDirectory target, String to, int flags) throws LinuxException {
        atParent(from, (fromParent, fromName) -> {
            target.inParent(to, "rename", (parent, name) ->
                    (int) Libc.C.syscall(Libc.SYS_RENAMEAT2, fromParent, fromName, parent, name, flags));
            return true;
        });
    }

    public void unlink(String path) throws LinuxException {
        inParent(path, "unlink", (parent, name) -> Libc.C.unlinkat(parent, name, 0));
    }

    public void rmdir(String path) throws LinuxException {
        inParent(path, "rmdir", (parent, name) -> Libc.C.unlinkat(parent, name, Libc.AT_REMOVEDIR));
    }

    /** @throws LinuxException {@link Errno#ENOENT} when there is none */
    public FileStatus stat(String path) throws LinuxException {
        return onFile(path, file -> FileStatus.of(file.number(), "", Libc.AT_EMPTY_PATH, name(path)));
    }

    /** {@link #stat}, empty when there is none. */
    public Optional<FileStatus> find(String path) throws LinuxException {
        try {
            return Optional.of(stat(path));
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The content of a symbolic link. */
    public String readlink(String path) throws LinuxException {
        return atParent(path, (parent, name) -> {
            byte[] buffer = new byte[4096];
            long length = Libc.check(Libc.C.readlinkat(parent, name, buffer, buffer.length), "readlink " + name(path));
            return FileNames.decode(buffer, 0, (int) length);
        });
    }

    public void chown(String path, int uid, int gid) throws LinuxException {
        inParent(path, "chown", (parent, name) -> Libc.C.fchownat(parent, name, uid, gid, Libc.AT_SYMLINK_NOFOLLOW));
    }

    /** Links have no permissions of their own on Linux: for one, nothing happens. */
    public void chmod(String path, int mode) throws LinuxException {
        onFile(path, file -> {
            if (FileStatus.of(file.number(), "", Libc.AT_EMPTY_PATH, name(path)).isSymbolicLink()) {
                return 0L;
            }
            return Libc.check(Posix.C.chmod(file.procPath(), mode), "chmod " + name(path));
        });
    }

    public void setTimes(String path, FileTimes times) throws LinuxException {
        inParent(
                path,
                "set times of",
                (parent, name) -> Libc.C.utimensat(parent, name, times.toTimespecs(), Libc.AT_SYMLINK_NOFOLLOW));
    }

    /** @param attribute with its name space, such as {@code security.capability} */
    public void setXattr(String path, String attribute, byte[] value) throws LinuxException {
        onFile(
                path,
                file -> Libc.check(
                        Libc.C.setxattr(
                                FileNames.cString(file.procPath()),
                                FileNames.cString(attribute),
                                value,
                                value.length,
                                0),
                        "set %s of %s".formatted(attribute, name(path))));
    }

    public Optional<byte[]> getXattr(String path, String attribute) throws LinuxException {
        return onFile(path, file -> {
            byte[] buffer = new byte[65536];
            long length = Libc.C.getxattr(
                    FileNames.cString(file.procPath()), FileNames.cString(attribute), buffer, buffer.length);
            if (length < 0 && LinuxException.lastNumber() == Errno.ENODATA.number()) {
                return Optional.empty();
            }
            Libc.check(length, "get %s of %s".formatted(attribute, name(path)));
            return Optional.of(Arrays.copyOf(buffer, (int) length));
        });
    }

    public List<String> listXattrs(String path) throws LinuxException {
        return onFile(path, file -> {
            byte[] buffer = new byte[65536];
            long length = Libc.C.listxattr(FileNames.cString(file.procPath()), buffer, buffer.length);
            if (length < 0 && LinuxException.lastNumber() == Errno.EOPNOTSUPP.number()) {
                return List.of();
            }
            Libc.check(length, "list attributes of " + name(path));
            List<String> names = new ArrayList<>();
            int start = 0;
            for (int i = 0; i < length; i++) {
                if (buffer[i] == 0) {
                    names.add(new String(buffer, start, i - start, StandardCharsets.UTF_8));
                    start = i + 1;
                }
            }
            return names;
        });
    }

    public void removeXattr(String path, String attribute) throws LinuxException {
        onFile(
                path,
                file -> Libc.check(
                        Libc.C.removexattr(FileNames.cString(file.procPath()), FileNames.cString(attribute)),
                        "remove %s of %s".formatted(attribute, name(path))));
    }

    /** The names in a directory, without {@code .} and {@code ..}, in no order. */
    public List<String> list(String path) throws LinuxException {
        return NativeThreads.call(() -> {
            try (Descriptor dir = openHere(
                    path.isEmpty() ? "." : path, OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0)) {
                return entries(dir);
            }
        });
    }

    static List<String> entries(Descriptor dir) throws LinuxException {
        List<String> names = new ArrayList<>();
        byte[] bytes = new byte[32768];
        while (true) {
            long length =
                    Libc.check(Libc.C.syscall(Libc.SYS_GETDENTS64, dir.number(), bytes, bytes.length), "list " + dir);
            if (length == 0) {
                return names;
            }
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            for (int at = 0; at < length; at += Short.toUnsignedInt(buffer.getShort(at + 16))) {
                int start = at + 19;
                int end = start;
                while (bytes[end] != 0) {
                    end++;
                }
                String name = FileNames.decode(bytes, start, end - start);
                if (!name.equals(".") && !name.equals("..")) {
                    names.add(name);
                }
            }
        }
    }

    /** Deletes a file or a whole tree, following no link. Idempotent. Whatever the depth, it takes few descriptors. */
    public void deleteTree(String path) throws LinuxException {
        atParent(path, (parent, name) -> {
            new TreeRemoval(parent).remove(FileNames.decode(name, 0, name.length - 1));
            return true;
        });
    }

    @Override
    public void close() {
        directory.close();
    }

    @Override
    public String toString() {
        return what;
    }

    private interface OnFile<T> {
        T apply(Descriptor file) throws LinuxException;
    }

    private interface OnParent<T> {
        T apply(int parent, byte[] name) throws LinuxException;
    }

    private interface Operation {
        int apply(int parent, byte[] name) throws LinuxException;
    }

    private <T> T onFile(String path, OnFile<T> operation) throws LinuxException {
        return atParent(path, (parent, name) -> {
            int fd = Libc.openat2(
                    parent, name, OpenFlags.PATH | OpenFlags.NOFOLLOW | OpenFlags.CLOEXEC, 0, Escape.REFUSED.resolve);
            try (Descriptor file = descriptor(fd, name(path))) {
                return operation.apply(file);
            }
        });
    }

    private void inParent(String path, String verb, Operation operation) throws LinuxException {
        atParent(path, (parent, name) -> Libc.check(operation.apply(parent, name), verb + " " + name(path)));
    }

    private <T> T atParent(String path, OnParent<T> operation) throws LinuxException {
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        int slash = path.lastIndexOf('/', end - 1);
        String last = path.substring(slash + 1, end);
        if (last.isEmpty() || last.equals(".") || last.equals("..")) {
            throw new LinuxException("no name at the end of the path " + name(path), Errno.EINVAL);
        }
        byte[] name = FileNames.cString(last);
        String parent = slash < 0 ? "" : slash == 0 ? "/" : path.substring(0, slash);
        return NativeThreads.call(() -> {
            if (parent.isEmpty()) {
                return operation.apply(directory.number(), name);
            }
            try (Descriptor dir = openHere(parent, OpenFlags.PATH | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0)) {
                return operation.apply(dir.number(), name);
            }
        });
    }

    private Descriptor openHere(String path, long flags, int mode) throws LinuxException {
        return new Descriptor(openNumber(path, flags, mode), name(path));
    }

    private int openNumber(String path, long flags, int mode) throws LinuxException {
        boolean creates = (flags & OpenFlags.CREATE) != 0;
        int fd = Libc.openat2(
                directory.number(),
                FileNames.cString(path),
                flags,
                creates ? mode : 0,
                escape.resolve | RESOLVE_NO_MAGICLINKS);
        return (int) Libc.check(fd, "open " + name(path));
    }

    private static Descriptor descriptor(int fd, String name) throws LinuxException {
        Libc.check(fd, "open " + name);
        return new Descriptor(fd, name);
    }

    private String name(String path) {
        return "%s in %s".formatted(path, what);
    }
}
