package dev.gantry.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.size_t;
import org.jspecify.annotations.Nullable;

/**
 * The C library, as far as this package calls it and jnr-posix ({@link Posix}) does not have it. Only to be called on a thread of {@link NativeThreads}. Paths are bytes
 * that end in NUL. {@code syscall} carries what Debian 12's C library has no function for.
 */
final class Libc {
    static final Functions C = LibraryLoader.create(Functions.class).load("c");
    static final Runtime RUNTIME = Runtime.getRuntime(C);

    static final int AT_FDCWD = -100;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int AT_SYMLINK_NOFOLLOW = 0x100;
    static final int AT_REMOVEDIR = 0x200;

    static final int SYS_OPENAT2 = 437;
    static final int SYS_GETDENTS64 = 217;
    static final int SYS_OPEN_TREE = 428;
    static final int SYS_MOVE_MOUNT = 429;
    static final int SYS_MOUNT_SETATTR = 442;
    static final int SYS_PIDFD_OPEN = 434;
    static final int SYS_PIDFD_SEND_SIGNAL = 424;
    static final int SYS_RENAMEAT2 = 316;

    private Libc() {}

    /** Public only because the class that jnr-ffi generates, in a loader of its own, must see it; nobody outside the package can name it. */
    public interface Functions {
        int syncfs(int fd);

        int fchownat(int fd, @In byte[] path, int uid, int gid, int flags);

        int futimens(int fd, @In byte[] times);

        int utimensat(int fd, @In byte[] path, @In byte[] times, int flags);

        int statx(int fd, @In byte[] path, int flags, int mask, @Out byte[] buffer);

        int mkdirat(int fd, @In byte[] path, int mode);

        int symlinkat(@In byte[] target, int fd, @In byte[] path);

        int linkat(int fromFd, @In byte[] from, int toFd, @In byte[] to, int flags);

        int mknodat(int fd, @In byte[] path, int mode, long device);

        int unlinkat(int fd, @In byte[] path, int flags);

        long readlinkat(int fd, @In byte[] path, @Out byte[] buffer, @size_t long size);

        int setxattr(@In byte[] path, @In byte[] name, @In byte[] value, @size_t long size, int flags);

        long getxattr(@In byte[] path, @In byte[] name, @Out byte[] value, @size_t long size);

        long listxattr(@In byte[] path, @Out byte[] list, @size_t long size);

        int removexattr(@In byte[] path, @In byte[] name);

        int mount(
                @In byte @Nullable [] source,
                @In byte[] target,
                @In byte @Nullable [] type,
                long flags,
                @In byte @Nullable [] data);

        int umount2(@In byte[] target, int flags);

        int statfs(@In byte[] path, @Out byte[] buffer);

        int memfd_create(@In byte[] name, int flags);

        int fcntl(int fd, int command, int argument);

        int pipe2(@Out int[] fds, int flags);

        int eventfd(int initial, int flags);

        int epoll_create1(int flags);

        int epoll_ctl(int epoll, int operation, int fd, @In byte @Nullable [] event);

        int epoll_wait(int epoll, @Out byte[] events, int count, int timeoutMillis);

        int posix_spawn(
                @Out int[] pid,
                @In byte[] path,
                Pointer actions,
                @Nullable Pointer attributes,
                Pointer arguments,
                Pointer environment);

        int posix_spawn_file_actions_init(Pointer actions);

        int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to);

        int posix_spawn_file_actions_destroy(Pointer actions);

        long syscall(long number, long a, @In byte[] b, @In byte[] c, long d);

        long syscall(long number, long a, @In byte[] b, long c, @In byte[] d, long e);

        long syscall(long number, long a, byte[] b, long c);

        long syscall(long number, long a, long b, long c, long d);

        long syscall(long number, long a, long b);
    }

    static long check(long result, String operation) throws LinuxException {
        if (result < 0) {
            throw LinuxException.last(operation);
        }
        return result;
    }

    /** openat2(2). */
    static int openat2(int directory, byte[] path, long flags, int mode, long resolve) {
        byte[] how = ByteBuffer.allocate(24)
                .order(ByteOrder.nativeOrder())
                .putLong(flags)
                .putLong(mode)
                .putLong(resolve)
                .array();
        while (true) {
            int fd = (int) C.syscall(SYS_OPENAT2, directory, path, how, how.length);
            // EAGAIN: a rename raced with the resolution of "..", as openat2(2) says
            if (fd >= 0
                    || (LinuxException.lastNumber() != Errno.EAGAIN.number()
                            && LinuxException.lastNumber() != Errno.EINTR.number())) {
                return fd;
            }
        }
    }
}
