package dev.gantry.agent.image;

import dev.gantry.linux.FileStatus;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.RootedDirectory;
import java.util.Arrays;
import java.util.Optional;

/**
 * How a layer says that something of a lower layer is gone. In archives (OCI image specification, "Whiteouts") by files named {@code .wh.NAME} and
 * {@code .wh..wh..opq}; in unpacked layers as overlayfs has it: a character device 0:0, and the attribute {@code trusted.overlay.opaque} of a directory.
 */
final class Whiteout {
    /** Prefix of an archive's whiteouts. */
    static final String PREFIX = ".wh.";

    /** In an archive, a directory that hides all of the lower one. */
    static final String OPAQUE = ".wh..wh..opq";

    /** Prefix of names that aufs kept for itself; they mean nothing to anyone else. */
    static final String RESERVED_PREFIX = ".wh..wh.";

    private static final String OVERLAY = "trusted.overlay.";
    private static final String OPAQUE_ATTRIBUTE = OVERLAY + "opaque";
    private static final byte[] YES = {'y'};
    private static final int CHARACTER_DEVICE = 0020000;

    private Whiteout() {}

    static boolean isWhiteout(FileStatus status) {
        return status.isCharacterDevice() && status.deviceMajor() == 0 && status.deviceMinor() == 0;
    }

    static void create(RootedDirectory directory, String path) throws LinuxException {
        directory.mknod(path, CHARACTER_DEVICE, 0, 0);
    }

    static boolean isOpaque(RootedDirectory directory, String path) throws LinuxException {
        Optional<byte[]> value = directory.getXattr(path, OPAQUE_ATTRIBUTE);
        return value.isPresent() && Arrays.equals(value.get(), YES);
    }

    static void makeOpaque(RootedDirectory directory, String path) throws LinuxException {
        directory.setXattr(path, OPAQUE_ATTRIBUTE, YES);
    }
}
