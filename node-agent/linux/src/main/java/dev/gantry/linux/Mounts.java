package dev.gantry.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Mounts of this process' own mount namespace: mount(2), umount2(2), statfs(2) and the mount calls by descriptor. */
public final class Mounts {
    public static final long READ_ONLY = 1;
    public static final long NOSUID = 2;
    public static final long NODEV = 4;
    public static final long NOEXEC = 8;
    public static final long REMOUNT = 32;
    public static final long BIND = 4096;
    public static final long RECURSIVE = 16384;
    public static final long PRIVATE = 1 << 18;
    public static final long SLAVE = 1 << 19;
    public static final long SHARED = 1 << 20;

    /** As the flags of mount_setattr(2). */
    public static final long ATTRIBUTE_READ_ONLY = 0x1;

    public static final long ATTRIBUTE_NOSUID = 0x2;
    public static final long ATTRIBUTE_NODEV = 0x4;
    public static final long ATTRIBUTE_NOEXEC = 0x8;
    private static final long ATTRIBUTE_IDMAP = 0x100000;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int UMOUNT_NOFOLLOW = 8;
    private static final int MNT_DETACH = 2;

    /** Servers of network file systems may never answer: their mounts and unmounts wait apart. */
    private static final NativeThreads.Lane WAITING = new NativeThreads.Lane("native-mount", 256);

    private Mounts() {}

    /**
     * Mounts a file system. May wait for a server.
     *
     * @param data file system options, under a page
     */
    public static void mount(String source, Path target, String type, long flags, @Nullable String data)
            throws LinuxException {
        byte[] sourceBytes = FileNames.cString(source);
        byte[] targetBytes = FileNames.cString(target.toString());
        byte[] typeBytes = type.isEmpty() ? null : FileNames.cString(type);
        byte[] dataBytes = data == null ? null : FileNames.cString(data);
        WAITING.callUninterruptibly(() -> Libc.check(
                Libc.C.mount(sourceBytes, targetBytes, typeBytes, flags, dataBytes),
                "mount %s (%s) on %s".formatted(source, type.isEmpty() ? "bind" : type, target)));
    }

    /** Unmounts, following no link. Idempotent: a target that is missing or no mount point is left alone. */
    public static void unmount(Path target, boolean detach) throws LinuxException {
        byte[] bytes = FileNames.cString(target.toString());
        WAITING.callUninterruptibly(() -> {
            int result = Libc.C.umount2(bytes, UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0));
            if (result != 0) {
                LinuxException error = LinuxException.last("unmount " + target);
                if (!error.is(Errno.EINVAL) && !error.is(Errno.ENOENT)) {
                    throw error;
                }
            }
            return true;
        });
    }

    /** A detached copy of the mount that {@code source} lies in, with that as its root (open_tree(2)). */
    public static Descriptor clone(Descriptor source, boolean recursive) throws LinuxException {
        return NativeThreads.call(() -> {
            long flags = 1 | OpenFlags.CLOEXEC | Libc.AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
            long fd = Libc.C.syscall(Libc.SYS_OPEN_TREE, source.number(), new byte[1], flags);
            return new Descriptor((int) Libc.check(fd, "open_tree " + source), "mount of " + source);
        });
    }

    /** Attaches a detached mount on a directory or file (move_mount(2)). */
    public static void attach(Descriptor mount, Descriptor target) throws LinuxException {
        NativeThreads.run(() -> Libc.check(
                Libc.C.syscall(Libc.SYS_MOVE_MOUNT, mount.number(), new byte[1], target.number(), new byte[1], 0x44),
                "attach %s on %s".formatted(mount, target)));
    }

    /**
     * Changes attributes of a mount (mount_setattr(2)).
     *
     * @param set of the ATTRIBUTE_ constants
     * @param userNamespace whose mapping the mount gets; null for none. Only while detached
     */
    public static void setAttributes(
            Descriptor mount, long set, long clear, @Nullable Descriptor userNamespace, boolean recursive)
            throws LinuxException {
        NativeThreads.run(() -> {
            byte[] attributes = ByteBuffer.allocate(32)
                    .order(ByteOrder.nativeOrder())
                    .putLong(userNamespace == null ? set : set | ATTRIBUTE_IDMAP)
                    .putLong(clear)
                    .putLong(0)
                    .putLong(userNamespace == null ? 0 : userNamespace.number())
                    .array();
            long flags = Libc.AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
            Libc.check(
                    Libc.C.syscall(
                            Libc.SYS_MOUNT_SETATTR, mount.number(), new byte[1], flags, attributes, attributes.length),
                    "change attributes of " + mount);
        });
    }

    /** Space and kind of the file system that a path lies in. May wait for a server. */
    public static Space space(Path path) throws LinuxException {
        byte[] bytes = FileNames.cString(path.toString());
        return WAITING.callUninterruptibly(() -> {
            byte[] buffer = new byte[256];
            Libc.check(Libc.C.statfs(bytes, buffer), "statfs " + path);
            ByteBuffer statfs = ByteBuffer.wrap(buffer).order(ByteOrder.nativeOrder());
            long block = statfs.getLong(72);
            return new Space(
                    statfs.getLong(0),
                    statfs.getLong(16) * block,
                    statfs.getLong(24) * block,
                    statfs.getLong(32) * block,
                    statfs.getLong(40),
                    statfs.getLong(48));
        });
    }

    /**
     * @param type magic number, as in statfs(2)
     * @param available bytes that a process without privileges may still take
     */
    public record Space(long type, long size, long free, long available, long inodes, long freeInodes) {
        public static final long TMPFS = 0x01021994;
        public static final long OVERLAY = 0x794c7630;
        public static final long NFS = 0x6969;
        public static final long CGROUP2 = 0x63677270;
        public static final long PROC = 0x9fa0;
    }
}
