package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.tar.TarException;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.common.registry.Descriptor;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where layers and images are made. It protects from collection what it has found or made; closing it removes what wasn't finished. Safe for use by many threads.
 */
public final class Workspace implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Workspace.class);
    private static final CrashPoint LAYER_FINISHED = CrashPoint.of("image.layer-finished");
    private static final String FILES = "fs";

    private final DiskImageStore store;
    private final StoreLayout layout;
    private final List<Digest> pins = new ArrayList<>();
    private final List<ImageStore.Lease> leases = new ArrayList<>();
    private final List<Path> temporary = new ArrayList<>();

    Workspace(DiskImageStore store) {
        this.store = store;
        this.layout = store.layout();
    }

    /** An empty directory on the store's file system, open to all like a root directory, within one that is not. */
    public Path newDirectory() throws IOException {
        try {
            Path directory = newTemporary().resolve(FILES);
            Files.createDirectory(directory);
            // not by attributes: the umask would take some
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            return directory;
        } catch (IOException e) {
            throw StoreFullException.explain(layout.root(), e);
        }
    }

    /** The layer, protected from now on; empty when it is not in the store. */
    public Optional<Layer> find(Digest diffId) {
        Layer layer = store.pin(diffId);
        if (layer == null) {
            return Optional.empty();
        }
        synchronized (this) {
            pins.add(diffId);
        }
        return Optional.of(layer);
    }

    /** Protects an image. @throws IOException when it is gone */
    public void use(ImageStore.Image image, String holder) throws IOException {
        ImageStore.Lease lease = store.lease(image.digest(), holder);
        synchronized (this) {
            leases.add(lease);
        }
    }

    /**
     * Makes a layer of a directory in overlay form, which moves into the store. The same files give the same layer.
     *
     * @param directory on the store's file system; nothing may write to it any more
     */
    public Layer commit(Path directory) throws IOException {
        try {
            Path finished = newTemporary();
            Path files = finished.resolve(FILES);
            Files.move(directory, files, StandardCopyOption.ATOMIC_MOVE);
            Files.setPosixFilePermissions(files, PosixFilePermissions.fromString("rwxr-xr-x"));
            DigestOutputStream digesting = new DigestOutputStream(OutputStream.nullOutputStream());
            LayerTar.Summary summary = store.fileWork().call(() -> {
                try (RootedDirectory root = RootedDirectory.open(files, RootedDirectory.Escape.REFUSED)) {
                    return LayerTar.write(root, digesting);
                }
            });
            return admit(finished, digesting.digest(), digesting.bytes(), summary, null);
        } catch (IOException e) {
            throw StoreFullException.explain(layout.root(), e);
        }
    }

    /**
     * Makes a layer of an archive.
     *
     * @param archive plain, gzip or zstd; read to its end, not closed
     * @param expected the plain archive's digest; null when any will do
     * @throws TarException naming the entry of a hostile archive
     */
    public Layer unpack(InputStream archive, @Nullable Digest expected) throws IOException {
        return unpack(archive, expected, null);
    }

    /**
     * As {@link #unpack(InputStream, Digest)}, an archive of a registry.
     *
     * @param compressed as the registry has it; null when it is plain
     */
    public Layer unpack(InputStream archive, @Nullable Digest expected, @Nullable Descriptor compressed)
            throws IOException {
        try {
            Path directory = newDirectory();
            Path finished = requireNonNull(directory.getParent(), "directory has no parent");
            DigestInputStream plain = new DigestInputStream(Compression.decompress(archive));
            LayerTar.Summary summary = store.fileWork().call(() -> {
                try (RootedDirectory root = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED)) {
                    return new LayerUnpacker(root, LayerUnpacker.Kind.LAYER, store.layerLimits()).unpack(plain);
                }
            });
            Digest diffId = plain.digest();
            if (expected != null && !expected.equals(diffId)) {
                throw new IOException("The layer's archive has the digest %s; expected %s".formatted(diffId, expected));
            }
            return admit(finished, diffId, plain.bytes(), summary, compressed);
        } catch (IOException e) {
            throw StoreFullException.explain(layout.root(), e);
        }
    }

    /**
     * Makes a layer of the tar of a root file system. Unlike {@link #unpack}, it is this store's own: its archive can be given again.
     *
     * @param tar plain, gzip or zstd; read to its end, not closed
     * @throws TarException naming the entry of a hostile archive
     */
    public Layer importRoot(InputStream tar) throws IOException {
        try {
            Path directory = newDirectory();
            InputStream plain = Compression.decompress(tar);
            store.fileWork().call(() -> {
                try (RootedDirectory root = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED)) {
                    return new LayerUnpacker(root, LayerUnpacker.Kind.LAYER, store.layerLimits()).unpack(plain);
                }
            });
            return commit(directory);
        } catch (IOException e) {
            throw StoreFullException.explain(layout.root(), e);
        }
    }

    /** Stores an image as a registry has it, whose layers were all found or made here, and names it. @param names may be empty */
    public ImageStore.Image commit(PulledImage image, List<ImageName> names) throws IOException {
        try {
            return store.admit(image.manifest(), image.config(), image.image(), names);
        } catch (IOException e) {
            throw StoreFullException.explain(layout.root(), e);
        }
    }

    /**
     * Stores an image whose layers were all found or made here, and names it. When it returns, the image survives a power failure.
     *
     * @param names may be empty
     */
    public ImageStore.Image commit(OciImage image, List<ImageName> names) throws IOException {
        try {
            return store.admit(image, names);
        } catch (IOException e) {
            throw StoreFullException.explain(layout.root(), e);
        }
    }

    /** Runs work on many files, such as {@link UpperLayer}'s. Not to be called from within such work. */
    public <T> T call(FileWork.Work<T> work) throws IOException {
        try {
            return store.fileWork().call(work);
        } catch (IOException e) {
            throw StoreFullException.explain(layout.root(), e);
        }
    }

    @Override
    public synchronized void close() {
        pins.forEach(store::unpin);
        pins.clear();
        leases.forEach(ImageStore.Lease::close);
        leases.clear();
        for (Path directory : temporary) {
            try {
                StoreLayout.deleteTree(directory);
            } catch (IOException e) {
                LOG.warn(
                        "{} can't be removed now; it will be when the store is opened next: {}",
                        directory,
                        e.getMessage());
            }
        }
        temporary.clear();
    }

    private Layer admit(
            Path finished, Digest diffId, long archiveBytes, LayerTar.Summary summary, @Nullable Descriptor compressed)
            throws IOException {
        byte[] record = LayerRecord.format(archiveBytes, summary, compressed);
        StoreLayout.layerRecord(finished).write(record, StateFile.Durability.PROCESS_CRASH);
        LAYER_FINISHED.reach();
        Layer layer = store.admit(finished, diffId, record);
        synchronized (this) {
            pins.add(diffId);
        }
        return layer;
    }

    private Path newTemporary() throws IOException {
        Path directory = layout.newTemporary();
        synchronized (this) {
            temporary.add(directory);
        }
        return directory;
    }
}
