package dev.gantry.linux;

import java.io.IOException;

/** Tells a full disk from other failures. */
public final class FullDisk {
    private FullDisk() {}

    /** Whether it failed, or what caused it did, because a disk has no space or files left, or its owner's quota is used up (ENOSPC and EDQUOT, errno(3)). */
    public static boolean isCauseOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (is(cause)) {
                return true;
            }
        }
        return false;
    }

    private static boolean is(Throwable failure) {
        if (failure instanceof LinuxException linux) {
            return linux.is(Errno.ENOSPC) || linux.is(Errno.EDQUOT);
        }
        // java.nio has no type for it, only the kernel's text
        String message = String.valueOf(failure.getMessage());
        return failure instanceof IOException
                && (message.contains("No space left on device") || message.contains("Disk quota exceeded"));
    }
}
