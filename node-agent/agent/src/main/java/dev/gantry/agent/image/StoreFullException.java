package dev.gantry.agent.image;

import dev.gantry.linux.Errno;
import dev.gantry.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;

/** The disk of the images is full. Nothing that was in the store is lost. */
public final class StoreFullException extends IOException {
    private static final long serialVersionUID = 1L;

    private StoreFullException(Path root, IOException cause) {
        super(
                "The disk of the images, %s, is full; remove images that are not needed, or give it more space. Nothing stored is lost"
                        .formatted(root),
                cause);
    }

    /** The failure as it is, or this exception when it comes from a full disk. */
    static IOException explain(Path root, IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof StoreFullException full) {
                return full;
            }
            if (isFull(cause)) {
                return new StoreFullException(root, failure);
            }
        }
        return failure;
    }

    private static boolean isFull(Throwable failure) {
        if (failure instanceof LinuxException linux) {
            return linux.is(Errno.ENOSPC) || linux.is(Errno.EDQUOT);
        }
        // java.nio has no type for it, only the kernel's text
        String message = String.valueOf(failure.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded");
    }
}
