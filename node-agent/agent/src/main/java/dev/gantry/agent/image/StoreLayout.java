package dev.gantry.agent.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gantry.agent.state.StateFile;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where things lie in the store:
 *
 * <pre>
 * store                the version
 * boot                 the boot in which the store was last open
 * blobs/HEX            manifests and configurations by digest
 * layers/HEX/fs        an unpacked layer by diff id, HEX/layer what is known of it, HEX/durable once it is on the disk
 * images/HEX           the mark of a whole image by its manifest's digest
 * names                what names mean
 * cache/HEX            what build steps gave
 * partial/HEX          a blob of a registry as far as it has come
 * tmp/N                unfinished; removed when the store is opened
 * </pre>
 */
final class StoreLayout {
    static final int VERSION = 1;

    private static final CrashPoint BLOB_WRITTEN = CrashPoint.of("image.blob-written");
    private static final CrashPoint REMOVAL_BEGUN = CrashPoint.of("image.removal-begun");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path root;
    private final AtomicLong temporary = new AtomicLong();

    StoreLayout(Path root) throws IOException {
        this.root = root;
        var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(root, ownerOnly);
        for (Path directory : new Path[] {blobs(), layers(), images(), cache(), partials(), tmp()}) {
            Files.createDirectories(directory, ownerOnly);
        }
    }

    Path root() {
        return root;
    }

    Path blobs() {
        return root.resolve("blobs");
    }

    Path blob(Digest digest) {
        return blobs().resolve(digest.hex());
    }

    Path layers() {
        return root.resolve("layers");
    }

    Path layer(Digest diffId) {
        return layers().resolve(diffId.hex());
    }

    Path layerFiles(Digest diffId) {
        return layer(diffId).resolve("fs");
    }

    Path durableMark(Digest diffId) {
        return layer(diffId).resolve("durable");
    }

    Path images() {
        return root.resolve("images");
    }

    Path cache() {
        return root.resolve("cache");
    }

    Path partials() {
        return root.resolve("partial");
    }

    Path partial(Digest blob) {
        return partials().resolve(blob.hex());
    }

    Path tmp() {
        return root.resolve("tmp");
    }

    StateFile version() {
        return new StateFile(root.resolve("store"), "image-store", VERSION, VERSION);
    }

    StateFile boot() {
        return new StateFile(root.resolve("boot"), "image-boot", 1, 1);
    }

    StateFile names() {
        return new StateFile(root.resolve("names"), "image-names", 1, 1);
    }

    StateFile image(Digest manifest) {
        return new StateFile(images().resolve(manifest.hex()), "image", 1, 1);
    }

    /** @param directory the layer's, in its place or still in tmp */
    static StateFile layerRecord(Path directory) {
        return new StateFile(directory.resolve("layer"), "layer", 1, 1);
    }

    Path newTemporary() throws IOException {
        Path directory = tmp().resolve(Long.toString(temporary.incrementAndGet()));
        return Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Puts a small blob into its place, so that it survives a power failure. */
    Digest writeBlob(byte[] content) throws IOException {
        Digest digest = Digest.of(content);
        if (Files.exists(blob(digest))) {
            return digest;
        }
        Path directory = newTemporary();
        Path file = directory.resolve("blob");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(file, blob(digest), StandardCopyOption.ATOMIC_MOVE);
        Files.delete(directory);
        syncDirectory(blobs());
        BLOB_WRITTEN.reach();
        return digest;
    }

    /** Removes a file or tree in two steps, so that a half-removed one is never taken for a whole one. */
    void remove(Path path) throws IOException {
        deleteTree(setAside(path));
    }

    /** The first of the two steps: takes it out of its place. @return what is to be deleted */
    Path setAside(Path path) throws IOException {
        Path directory = newTemporary();
        Files.move(path, directory.resolve("removed"), StandardCopyOption.ATOMIC_MOVE);
        REMOVAL_BEGUN.reach();
        return directory;
    }

    /** Idempotent. */
    static void deleteTree(Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        Path name = path.getFileName();
        if (parent == null || name == null) {
            throw new IOException("The path %s has no parent".formatted(path));
        }
        try (RootedDirectory directory = RootedDirectory.open(parent, RootedDirectory.Escape.REFUSED)) {
            directory.deleteTree(name.toString());
        }
    }

    /** Brings everything written so far to the disk. */
    void syncAll() throws IOException {
        try (RootedDirectory directory = RootedDirectory.open(root, RootedDirectory.Escape.REFUSED);
                Descriptor self = directory.open(".", OpenFlags.READ_ONLY | OpenFlags.DIRECTORY, 0)) {
            self.syncFileSystem();
        }
    }

    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static byte[] json(JsonNode node) {
        try {
            return JSON.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A tree of JSON nodes can always be written", e);
        }
    }

    static JsonNode parseJson(byte[] bytes) throws IOException {
        return JSON.readTree(bytes);
    }
}
