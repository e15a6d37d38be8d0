package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;

/** A blob that is being uploaded: its file so far. One request at a time works on it. */
final class Upload implements AutoCloseable {
    private static final CrashPoint BEGUN = CrashPoint.of("registry.upload-begun");
    private static final CrashPoint APPENDED = CrashPoint.of("registry.upload-appended");
    private static final int BUFFER = 1 << 16;

    private final String id;
    private final String repository;
    private final String user;
    private final Path file;
    private final FileChannel channel;
    private final InstantSource clock;
    private final MessageDigest sha256 = Digest.newSha256();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile long bytes;
    private volatile Instant lastUsed;
    private boolean ended;

    /** @param user whoever began it: nobody else may go on with it */
    Upload(String id, String repository, String user, Path file, InstantSource clock) throws IOException {
        this.id = requireNonNull(id, "id is null");
        this.repository = requireNonNull(repository, "repository is null");
        this.user = requireNonNull(user, "user is null");
        this.file = requireNonNull(file, "file is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.lastUsed = clock.instant();
        this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        BEGUN.reach();
    }

    String id() {
        return id;
    }

    String user() {
        return user;
    }

    boolean isOf(String askedRepository, String asker) {
        return repository.equals(askedRepository) && user.equals(asker);
    }

    /** So far. */
    long bytes() {
        return bytes;
    }

    boolean isIdleSince(Instant time) {
        return lastUsed.isBefore(time) && !lock.isLocked();
    }

    /**
     * Adds what comes. When the client goes away in between, what has come stays.
     *
     * @throws IOException of the client's connection
     * @throws Refusal when another request works on the upload, or the disk fails: then the upload has ended
     */
    void append(InputStream content) throws IOException {
        begin();
        try {
            byte[] buffer = new byte[BUFFER];
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                write(ByteBuffer.wrap(buffer, 0, count));
                lastUsed = clock.instant();
            }
            APPENDED.reach();
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #append(InputStream)}, a part that is here already. */
    void append(byte[] source, int offset, int length) {
        begin();
        try {
            write(ByteBuffer.wrap(source, offset, length));
        } finally {
            lock.unlock();
        }
    }

    private void write(ByteBuffer part) {
        ByteBuffer written = part.duplicate();
        try {
            while (part.hasRemaining()) {
                channel.write(part);
            }
        } catch (IOException e) {
            // room for the others
            end();
            throw Refusal.ofDisk(e);
        }
        bytes += written.remaining();
        sha256.update(written);
    }

    /**
     * Puts the blob into its place, and ends the upload in any case.
     *
     * @throws Refusal when its digest is another, or the disk fails
     */
    void finish(Digest expected, BlobStore store) {
        begin();
        try {
            Digest digest = Digest.finish(sha256);
            if (!digest.equals(expected)) {
                throw Refusal.digestInvalid(
                        "%d bytes came, with the digest %s; expected %s".formatted(bytes, digest, expected));
            }
            store.admit(file, expected);
        } catch (IOException e) {
            throw Refusal.ofDisk(e);
        } finally {
            end();
            lock.unlock();
        }
    }

    private void begin() {
        if (!lock.tryLock()) {
            throw new Refusal(
                    409,
                    "BLOB_UPLOAD_INVALID",
                    "another request works on the upload %s; wait for its end".formatted(id));
        }
        if (ended) {
            lock.unlock();
            throw Refusal.uploadUnknown(id);
        }
        lastUsed = clock.instant();
    }

    private void end() {
        ended = true;
        try (channel) {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw Refusal.ofDisk(e);
        }
    }

    /** Removes what has come; waits for a request that works on it. */
    @Override
    public void close() {
        lock.lock();
        try {
            end();
        } finally {
            lock.unlock();
        }
    }
}
