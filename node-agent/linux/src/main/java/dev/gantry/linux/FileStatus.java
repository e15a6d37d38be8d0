package dev.gantry.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/**
 * What statx(2) says of a file.
 *
 * @param mode type and permission bits
 * @param size bytes
 * @param device the file system's number; with {@code inode} it names the file
 * @param deviceMajor of the device that the file stands for
 */
public record FileStatus(
        int mode,
        int links,
        int uid,
        int gid,
        long size,
        long blocks,
        long device,
        long inode,
        int deviceMajor,
        int deviceMinor,
        Instant accessed,
        Instant modified) {
    private static final int TYPE = 0170000;
    private static final int BASIC_STATS = 0x7ff;
    private static final int STATX_SIZE = 256;

    /** Read, write and execute bits with set-uid, set-gid and sticky. */
    public int permissions() {
        return mode & 07777;
    }

    public boolean isRegularFile() {
        return (mode & TYPE) == 0100000;
    }

    public boolean isDirectory() {
        return (mode & TYPE) == 0040000;
    }

    public boolean isSymbolicLink() {
        return (mode & TYPE) == 0120000;
    }

    public boolean isFifo() {
        return (mode & TYPE) == 0010000;
    }

    public boolean isSocket() {
        return (mode & TYPE) == 0140000;
    }

    public boolean isCharacterDevice() {
        return (mode & TYPE) == 0020000;
    }

    public boolean isBlockDevice() {
        return (mode & TYPE) == 0060000;
    }

    static FileStatus of(int directory, String path, int flags, String what) throws LinuxException {
        byte[] buffer = new byte[STATX_SIZE];
        Libc.check(Libc.C.statx(directory, FileNames.cString(path), flags, BASIC_STATS, buffer), "stat " + what);
        ByteBuffer stat = ByteBuffer.wrap(buffer).order(ByteOrder.nativeOrder());
        return new FileStatus(
                Short.toUnsignedInt(stat.getShort(28)),
                stat.getInt(16),
                stat.getInt(20),
                stat.getInt(24),
                stat.getLong(40),
                stat.getLong(48),
                (Integer.toUnsignedLong(stat.getInt(136)) << 32) | Integer.toUnsignedLong(stat.getInt(140)),
                stat.getLong(32),
                stat.getInt(128),
                stat.getInt(132),
                Instant.ofEpochSecond(stat.getLong(64), stat.getInt(72)),
                Instant.ofEpochSecond(stat.getLong(112), stat.getInt(120)));
    }
}
