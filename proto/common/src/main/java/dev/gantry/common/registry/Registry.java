package dev.gantry.common.registry;

import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * One registry, as its clients see it (OCI distribution specification). Calls block, and end when their thread is interrupted. Safe for use by many threads.
 *
 * <p>Every method throws {@link RegistryException} when the registry refuses, and another {@link IOException} when it can't be reached or goes quiet.
 */
public interface Registry {
    /** How people call it: host and port. */
    String name();

    /**
     * A manifest or index.
     *
     * @param reference a tag or a digest, which is checked
     * @return empty when the registry does not know it
     */
    Optional<Manifest> manifest(String repository, String reference) throws IOException;

    /** Length of a blob; empty when the registry does not hold it. */
    Optional<Long> blobBytes(String repository, Digest digest) throws IOException;

    boolean hasManifest(String repository, Digest digest) throws IOException;

    /**
     * A blob from some byte on. What comes is not checked: the reader does that, over the whole.
     *
     * @param offset of the first byte wanted
     * @throws RegistryException {@link RegistryException#isUnknown} when the registry does not hold it
     */
    Download download(String repository, Digest digest, long offset) throws IOException;

    /**
     * Uploads a blob.
     *
     * @param bytes its length
     * @param content may be written more than once
     */
    void upload(String repository, Digest digest, long bytes, Content content) throws IOException;

    /** @param reference a tag, or the manifest's digest */
    void putManifest(String repository, String reference, Manifest manifest) throws IOException;

    /** A blob under way. */
    interface Download extends AutoCloseable {
        /** Of the first byte that will come: 0 when the registry sends all of it, whatever was asked for. */
        long offset();

        /** Ends with an exception when nothing has come for a while. */
        InputStream content();

        @Override
        void close();
    }

    /** Writes a blob. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }
}
