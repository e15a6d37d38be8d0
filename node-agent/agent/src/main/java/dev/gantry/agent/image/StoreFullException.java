package dev.gantry.agent.image;

import dev.gantry.linux.FullDisk;
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
        }
        return FullDisk.isCauseOf(failure) ? new StoreFullException(root, failure) : failure;
    }
}
