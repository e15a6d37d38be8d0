package dev.gantry.linux;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Removes a tree with a bounded stack and a bounded number of descriptors: a directory deeper than {@link #DEPTH} is first moved up beside the tree's top. Only to be
 * used on a native thread.
 */
final class TreeRemoval {
    private static final int DEPTH = 100;
    private static final int RENAME_NOREPLACE = 1;

    private final int parent;
    private int moved;

    /** @param parent descriptor of the directory that holds the tree; stays the caller's */
    TreeRemoval(int parent) {
        this.parent = parent;
    }

    void remove(String name) throws LinuxException {
        Deque<String> tops = new ArrayDeque<>();
        tops.push(name);
        while (!tops.isEmpty()) {
            // what was moved up comes first: its old place can only then be emptied
            String top = tops.element();
            int before = moved;
            if (removeAt(parent, top, 0)) {
                tops.remove();
            }
            for (int number = before + 1; number <= moved; number++) {
                tops.push(movedName(number));
            }
        }
    }

    /** @return false when something was moved away from beneath, and it has to be tried again */
    private boolean removeAt(int dir, String name, int depth) throws LinuxException {
        byte[] bytes = FileNames.cString(name);
        if (Libc.C.unlinkat(dir, bytes, 0) == 0 || is(Errno.ENOENT)) {
            return true;
        }
        if (!is(Errno.EISDIR) && !is(Errno.EPERM)) {
            throw LinuxException.last("unlink " + name);
        }
        if (Libc.C.unlinkat(dir, bytes, Libc.AT_REMOVEDIR) == 0 || is(Errno.ENOENT)) {
            return true;
        }
        if (!is(Errno.ENOTEMPTY) && !is(Errno.EEXIST)) {
            throw LinuxException.last("rmdir " + name);
        }
        if (depth >= DEPTH) {
            moveUp(dir, name, bytes);
            return false;
        }
        if (!removeContent(dir, name, bytes, depth)) {
            return false;
        }
        if (Libc.C.unlinkat(dir, bytes, Libc.AT_REMOVEDIR) != 0 && !is(Errno.ENOENT)) {
            throw LinuxException.last("rmdir " + name);
        }
        return true;
    }

    private boolean removeContent(int dir, String name, byte[] bytes, int depth) throws LinuxException {
        long flags = OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW | OpenFlags.CLOEXEC;
        int fd = (int) Libc.check(Libc.openat2(dir, bytes, flags, 0, 0), "open " + name);
        boolean whole = true;
        try (Descriptor directory = new Descriptor(fd, name)) {
            List<String> names = RootedDirectory.entries(directory);
            for (String entry : names) {
                whole &= removeAt(fd, entry, depth + 1);
            }
        }
        return whole;
    }

    private void moveUp(int dir, String name, byte[] bytes) throws LinuxException {
        String target = movedName(++moved);
        Libc.check(
                Libc.C.syscall(Libc.SYS_RENAMEAT2, dir, bytes, parent, FileNames.cString(target), RENAME_NOREPLACE),
                "move up " + name);
    }

    private String movedName(int number) {
        return ".gantry-removal-%x-%s".formatted(System.identityHashCode(this), number);
    }

    private static boolean is(Errno errno) {
        return LinuxException.lastNumber() == errno.number();
    }
}
