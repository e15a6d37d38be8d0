package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Descriptor;
import dev.gantry.common.registry.Manifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The registry's content on disk, by digest:
 *
 * <pre>
 * blobs/HEX       configurations and layers, as they were sent
 * manifests/HEX   a first line with the format's version and the media type, then the manifest as it was sent
 * uploads/ID      unfinished; removed when the store is opened
 * </pre>
 *
 * Everything is written in {@code uploads}, checked, synced and moved into its place by one rename, so that a death at any moment leaves whole things and
 * rubbish. The time of a file is that of its last use, by which the collector goes. Safe for use by many threads; the lock is never held while content is read
 * or written.
 */
final class BlobStore {
    private static final CrashPoint CONTENT_SYNCED = CrashPoint.of("registry.content-synced");
    private static final CrashPoint BLOB_IN_PLACE = CrashPoint.of("registry.blob-in-place");
    private static final CrashPoint MANIFEST_IN_PLACE = CrashPoint.of("registry.manifest-in-place");
    private static final CrashPoint REMOVED = CrashPoint.of("registry.content-removed");
    private static final String FORMAT = "1 ";
    /** A use is noted this often: each is a write. */
    private static final Duration NOTED_AFTER = Duration.ofMinutes(1);

    private final Path blobs;
    private final Path manifests;
    private final Path uploads;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();

    private BlobStore(Path root, InstantSource clock) {
        this.blobs = root.resolve("blobs");
        this.manifests = root.resolve("manifests");
        this.uploads = root.resolve("uploads");
        this.clock = clock;
    }

    /** Opens the store, and makes it when there is none. Only one may be open on a directory: what is unfinished there is removed. */
    static BlobStore open(Path root, InstantSource clock) throws IOException {
        BlobStore store = new BlobStore(root, requireNonNull(clock, "clock is null"));
        for (Path directory : List.of(store.blobs, store.manifests, store.uploads)) {
            PrivateFile.createDirectories(directory);
        }
        for (Path left : list(store.uploads)) {
            Files.delete(left);
        }
        return store;
    }

    /** Where an upload of this id is written. */
    Path upload(String id) {
        return uploads.resolve(id);
    }

    /** Length of a blob, which counts as used; empty when it is not here. */
    Optional<Long> use(Digest digest) throws IOException {
        return use(blobs.resolve(digest.hex()));
    }

    private Optional<Long> use(Path file) throws IOException {
        lock.lock();
        try {
            long bytes = Files.size(file);
            Instant now = clock.instant();
            if (Files.getLastModifiedTime(file).toInstant().plus(NOTED_AFTER).isBefore(now)) {
                Files.setLastModifiedTime(file, FileTime.from(now));
            }
            return Optional.of(bytes);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Stays readable, also when it is collected meanwhile. @throws NoSuchFileException when it is not here */
    FileChannel open(Digest digest) throws IOException {
        return FileChannel.open(blobs.resolve(digest.hex()), StandardOpenOption.READ);
    }

    /** Moves a whole upload, whose digest was checked, into its place; synced. */
    void admit(Path upload, Digest digest) throws IOException {
        place(upload, blobs, digest);
        BLOB_IN_PLACE.reach();
    }

    private void place(Path written, Path directory, Digest digest) throws IOException {
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.setLastModifiedTime(written, FileTime.from(clock.instant()));
        CONTENT_SYNCED.reach();
        lock.lock();
        try {
            Files.move(written, directory.resolve(digest.hex()), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            lock.unlock();
        }
        sync(directory);
    }

    /**
     * Keeps a manifest, which needs everything that it names to be here.
     *
     * @param id of its own, as of an upload
     * @throws Refusal naming what is missing
     */
    void put(Manifest manifest, String id) throws IOException {
        for (Descriptor blob : manifest.blobs()) {
            long bytes = use(blob.digest())
                    .orElseThrow(() -> new Refusal(
                            404,
                            "MANIFEST_BLOB_UNKNOWN",
                            "the manifest names the blob %s, which the registry does not hold; push it first"
                                    .formatted(blob.digest())));
            if (bytes != blob.bytes()) {
                throw new Refusal(
                        400,
                        "SIZE_INVALID",
                        "the manifest says that %s has %d bytes; it has %d"
                                .formatted(blob.digest(), blob.bytes(), bytes));
            }
        }
        for (Descriptor child : manifest.manifests()) {
            if (use(manifests.resolve(child.digest().hex())).isEmpty()) {
                throw new Refusal(
                        404,
                        "MANIFEST_BLOB_UNKNOWN",
                        "the index names the manifest %s, which the registry does not hold; push it first"
                                .formatted(child.digest()));
            }
        }
        Path file = upload(id);
        byte[] head = (FORMAT + manifest.mediaType() + "\n").getBytes(StandardCharsets.US_ASCII);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (byte[] part : List.of(head, manifest.bytes())) {
                ByteBuffer buffer = ByteBuffer.wrap(part);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
            place(file, manifests, manifest.digest());
        } finally {
            Files.deleteIfExists(file);
        }
        MANIFEST_IN_PLACE.reach();
    }

    /** The manifest, which counts as used with everything that it names; empty when it is not here. */
    Optional<Manifest> manifest(Digest digest) throws IOException {
        if (use(manifests.resolve(digest.hex())).isEmpty()) {
            return Optional.empty();
        }
        Optional<Manifest> manifest = read(digest);
        if (manifest.isPresent()) {
            for (Descriptor blob : manifest.get().blobs()) {
                use(blob.digest());
            }
        }
        return manifest;
    }

    /** Without using it. */
    Optional<Manifest> read(Digest digest) throws IOException {
        byte[] file;
        try {
            file = Files.readAllBytes(manifests.resolve(digest.hex()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        int end = 0;
        while (end < file.length && file[end] != '\n') {
            end++;
        }
        String head = new String(file, 0, end, StandardCharsets.US_ASCII);
        if (end == file.length || !head.startsWith(FORMAT)) {
            throw new IOException(
                    "The manifest %s was written by another version of the control plane; expected a file that begins with \"%s\""
                            .formatted(digest, FORMAT));
        }
        return Optional.of(
                Manifest.parse(head.substring(FORMAT.length()), Arrays.copyOfRange(file, end + 1, file.length)));
    }

    List<Digest> manifests() throws IOException {
        return digests(manifests);
    }

    List<Digest> blobs() throws IOException {
        return digests(blobs);
    }

    /** Whether the manifest was used at or after that time; a missing one was not. */
    boolean manifestUsedSince(Digest digest, Instant time) throws IOException {
        return usedSince(manifests.resolve(digest.hex()), time);
    }

    private static boolean usedSince(Path file, Instant time) throws IOException {
        try {
            return !Files.getLastModifiedTime(file).toInstant().isBefore(time);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** @return whether it was there and went */
    boolean removeManifest(Digest digest, Instant notUsedSince) throws IOException {
        return remove(manifests.resolve(digest.hex()), notUsedSince) > 0;
    }

    /** @return the bytes that went; 0 when it was used meanwhile */
    long removeBlob(Digest digest, Instant notUsedSince) throws IOException {
        return remove(blobs.resolve(digest.hex()), notUsedSince);
    }

    private long remove(Path file, Instant notUsedSince) throws IOException {
        long bytes = 0;
        lock.lock();
        try {
            if (Files.exists(file) && !usedSince(file, notUsedSince)) {
                bytes = Files.size(file);
                Files.delete(file);
            }
        } finally {
            lock.unlock();
        }
        REMOVED.reach();
        return bytes;
    }

    private static List<Digest> digests(Path directory) throws IOException {
        List<Digest> digests = new ArrayList<>();
        for (Path file : list(directory)) {
            String text = Digest.PREFIX + file.getFileName();
            if (Digest.isDigest(text)) {
                digests.add(Digest.parse(text));
            }
        }
        return digests;
    }

    private static List<Path> list(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(files::add);
        }
        return files;
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
