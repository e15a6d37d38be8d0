package dev.gantry.controlplane.registry;

import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Manifest;
import java.io.IOException;
import java.util.Optional;

/** Where content may be that this replica does not hold. Calls block. Safe for use by many threads. */
public interface BlobSource extends AutoCloseable {
    /** Empty when nobody holds it, or nobody who does answers. */
    Optional<Manifest> manifest(String repository, Digest digest);

    /** Its length, under the same condition. */
    Optional<Long> blobBytes(String repository, Digest digest);

    /**
     * Writes a blob, which is checked by whoever takes it.
     *
     * @throws IOException when it did not come whole
     */
    void copy(String repository, Digest digest, Target target) throws IOException;

    @Override
    void close();

    /** Takes what comes. */
    @FunctionalInterface
    interface Target {
        void write(byte[] bytes, int offset, int length) throws IOException;
    }
}
