package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * A blob as far as it has come, beneath {@code partial}: it outlives cut connections and the agent. What it holds is believed only after {@link #isWhole}. Used by
 * one thread at a time.
 */
public final class PartialFile {
    private static final CrashPoint APPENDED = CrashPoint.of("image.partial-appended");
    private static final CrashPoint WHOLE = CrashPoint.of("image.partial-whole");
    private static final CrashPoint REMOVED = CrashPoint.of("image.partial-removed");
    private static final int BUFFER = 1 << 16;

    private final StoreLayout layout;
    private final Digest digest;
    private final Path file;

    PartialFile(StoreLayout layout, Digest digest) {
        this.layout = requireNonNull(layout, "layout is null");
        this.digest = requireNonNull(digest, "digest is null");
        this.file = layout.partial(digest);
    }

    /** A failure of this host's disk: another try at another registry helps nothing. */
    public static final class DiskException extends IOException {
        private static final long serialVersionUID = 1L;

        DiskException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** So far. */
    public long bytes() throws DiskException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new DiskException(e);
        }
    }

    /**
     * Adds what comes, up to the end of the stream.
     *
     * @param offset of the first byte that comes; what the file has from there on is dropped
     * @param limit the blob's length: what comes beyond it is an error
     * @throws DiskException when the disk fails; a full one gets the file's space back
     * @throws RegistryException when more comes than there is
     * @throws IOException of the stream: what came before stays
     */
    public void append(long offset, InputStream content, long limit) throws IOException {
        try (FileChannel channel = open(offset)) {
            byte[] buffer = new byte[BUFFER];
            long position = offset;
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                if (position + count > limit) {
                    throw new RegistryException(0, "more than the %d bytes came that %s has".formatted(limit, digest));
                }
                write(channel, ByteBuffer.wrap(buffer, 0, count));
                position += count;
                APPENDED.reach();
            }
        }
    }

    private FileChannel open(long offset) throws DiskException {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.truncate(offset);
            channel.position(offset);
            return channel;
        } catch (IOException e) {
            throw new DiskException(StoreFullException.explain(layout.root(), e));
        }
    }

    private void write(FileChannel channel, ByteBuffer part) throws DiskException {
        try {
            while (part.hasRemaining()) {
                channel.write(part);
            }
        } catch (IOException e) {
            IOException explained = StoreFullException.explain(layout.root(), e);
            if (explained instanceof StoreFullException) {
                remove();
            }
            throw new DiskException(explained);
        }
    }

    /** Whether the content is the digest's. */
    public boolean isWhole() throws DiskException {
        MessageDigest sha256 = Digest.newSha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                sha256.update(buffer, 0, count);
            }
        } catch (NoSuchFileException e) {
            // an empty blob was never written
            return Digest.finish(sha256).equals(digest);
        } catch (IOException e) {
            throw new DiskException(e);
        }
        boolean whole = Digest.finish(sha256).equals(digest);
        WHOLE.reach();
        return whole;
    }

    public InputStream read() throws DiskException {
        try {
            return Files.exists(file) ? Files.newInputStream(file) : InputStream.nullInputStream();
        } catch (IOException e) {
            throw new DiskException(e);
        }
    }

    /** Idempotent. */
    public void remove() throws DiskException {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new DiskException(e);
        }
        REMOVED.reach();
    }
}
