package dev.gantry.linux.launcher;

import dev.gantry.linux.FileNames;
import dev.gantry.linux.LinuxException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * The launcher's orders: {@code spec.h} in {@code src/main/c} has the same numbers. A builder of bytes and nothing more: the agent decides what goes in. Not safe for use
 * by several threads.
 */
public final class LaunchSpec {
    /** Raised with each change that an older launcher would misunderstand. */
    public static final int VERSION = 1;

    private static final int MAGIC = 0x52544e47;
    private static final int END = 0;

    /** A record whose value is a string. Some may come several times, in order. */
    public enum Text {
        ARGUMENT(1),
        /** NAME=value. */
        ENVIRONMENT(2),
        /** An unpacked layer, the top one first. */
        LAYER(3),
        UPPER(4),
        WORK(5),
        /** A directory of cgroup version 1 in which the process is placed. */
        CGROUP(6),
        /** The directory of cgroup version 2. */
        CGROUP2(7),
        /** A directory in which the launcher places itself. */
        LAUNCHER_CGROUP(8),
        CGROUP_MOUNT(9),
        LOG(10),
        HOSTNAME(12),
        DIRECTORY(13),
        APPARMOR(20),
        SELINUX(21),
        MASKED(22),
        READ_ONLY(23),
        NETWORK(25),
        IPC(26),
        UTS(27),
        USER_NAMESPACE(28),
        OOM_FILE(29),
        /** The pod's /dev/shm, as the namespace holder tells it. */
        SHARED_MEMORY(33),
        /** A kernel parameter, set in the container's namespaces before its program runs: its path beneath /proc/sys, =, and the value. */
        SYSCTL(34);

        private final int tag;

        Text(int tag) {
            this.tag = tag;
        }
    }

    /** A switch. */
    public enum Flag {
        NO_NEW_PRIVILEGES(1),
        TERMINAL(2),
        STDIN(4),
        STDIN_ONCE(8),
        READ_ONLY_ROOT(16),
        PRIVILEGED(32),
        HOST_UTS(64),
        /** Output waits for the first client, and is never dropped while one is there. */
        HOLD_OUTPUT(128),
        /** The process is killed when its last client goes. */
        KILL_ON_DETACH(256),
        /** Run in the container of {@link #target} instead of a new one. */
        EXEC(512);

        private final int bit;

        Flag(int bit) {
            this.bit = bit;
        }
    }

    /** How a bind mount differs from a plain private, writable one. */
    public enum MountFlag {
        READ_ONLY(1),
        HOST_TO_CONTAINER(2),
        BIDIRECTIONAL(4),
        /** Owners are shifted to the user namespace. */
        IDMAPPED(8),
        /** Device nodes in it work. */
        DEVICES(16);

        private final int bit;

        MountFlag(int bit) {
            this.bit = bit;
        }
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(4096);
    private int flags;

    public LaunchSpec() {
        out.writeBytes(bytes(8).putInt(MAGIC).putInt(VERSION).array());
    }

    public LaunchSpec add(Text kind, String value) throws LinuxException {
        return record(kind.tag, nulTerminated(value));
    }

    public LaunchSpec add(Text kind, Path value) throws LinuxException {
        return add(kind, value.toString());
    }

    public LaunchSpec add(Flag flag) {
        flags |= flag.bit;
        return this;
    }

    /** @param userBase first host id of the user namespace; 0 without one */
    public LaunchSpec user(int uid, int gid, int userBase) {
        return record(
                14,
                bytes(16)
                        .putInt(uid)
                        .putInt(gid)
                        .putInt(userBase + uid)
                        .putInt(userBase + gid)
                        .array());
    }

    public LaunchSpec group(int gid) {
        return record(15, bytes(4).putInt(gid).array());
    }

    /** Sets as bit masks, see {@link Capabilities#mask}. {@code permitted} is the effective set too. */
    public LaunchSpec capabilities(long bounding, long permitted, long inheritable, long ambient) {
        return record(
                16,
                bytes(32)
                        .putLong(bounding)
                        .putLong(permitted)
                        .putLong(inheritable)
                        .putLong(ambient)
                        .array());
    }

    /** @param resource as numbered by getrlimit(2) */
    public LaunchSpec limit(int resource, long soft, long hard) {
        return record(
                17,
                bytes(24).putInt(resource).putInt(0).putLong(soft).putLong(hard).array());
    }

    public LaunchSpec oomScore(int score) {
        return record(18, bytes(4).putInt(score).array());
    }

    /** @param program for the kernel, 8 bytes an instruction */
    public LaunchSpec seccomp(byte[] program) {
        return record(19, program);
    }

    /** @param bytes after which the log is rotated; 0 for never */
    public LaunchSpec logLimits(long bytes, int files) {
        return record(11, bytes(16).putLong(bytes).putLong(files).array());
    }

    public LaunchSpec mount(Path source, String target, Iterable<MountFlag> mountFlags) throws LinuxException {
        int bits = 0;
        for (MountFlag flag : mountFlags) {
            bits |= flag.bit;
        }
        byte[] from = nulTerminated(source.toString());
        byte[] to = nulTerminated(target);
        return record(
                24,
                bytes(4 + from.length + to.length)
                        .putInt(bits)
                        .put(from)
                        .put(to)
                        .array());
    }

    /** The first process of the container to run in. */
    public LaunchSpec target(int pid, long startTime) {
        return record(30, bytes(16).putLong(pid).putLong(startTime).array());
    }

    /** Size in bytes of a /dev/shm of the container's own; of no effect with {@link Text#SHARED_MEMORY}. */
    public LaunchSpec sharedMemory(long size) {
        return record(32, bytes(8).putLong(size).array());
    }

    /** The whole spec. */
    public byte[] toBytes() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(out.size() + 32);
        whole.writeBytes(out.toByteArray());
        whole.writeBytes(bytes(12).putInt(31).putInt(4).putInt(flags).array());
        whole.writeBytes(bytes(8).putInt(END).putInt(0).array());
        return whole.toByteArray();
    }

    private LaunchSpec record(int tag, byte[] value) {
        out.writeBytes(bytes(8).putInt(tag).putInt(value.length).array());
        out.writeBytes(value);
        return this;
    }

    private static byte[] nulTerminated(String value) throws LinuxException {
        byte[] bytes = FileNames.encode(value);
        return java.util.Arrays.copyOf(bytes, bytes.length + 1);
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }
}
