package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.agent.image.StoreIndex.StoredImage;
import dev.gantry.agent.image.StoreIndex.StoredLayer;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.linux.RootedDirectory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store on disk. Layers lie there once, unpacked; their archives are made again, bit by bit the same, when somebody asks for them. New content is made in a
 * {@link Workspace} and moved into its place by one rename, so that a death at any moment leaves whole things and rubbish, never half a thing. Only one store
 * may be open on a directory. Safe for use by many threads; the lock is never held while files are read or written at length.
 */
public final class DiskImageStore implements ImageStore {
    private static final Logger LOG = LoggerFactory.getLogger(DiskImageStore.class);
    private static final CrashPoint LAYER_IN_PLACE = CrashPoint.of("image.layer-in-place");
    private static final CrashPoint LAYERS_SYNCED = CrashPoint.of("image.layers-synced");
    private static final CrashPoint IMAGE_RECORDED = CrashPoint.of("image.recorded");
    private static final CrashPoint NAMES_WRITTEN = CrashPoint.of("image.names-written");
    private static final int CONCURRENT_WORK = 8;

    private final StoreLayout layout;
    private final TarLimits layerLimits;
    private final Clock clock;
    private final StoreIndex index;
    private final FileWork fileWork = new FileWork("images", CONCURRENT_WORK);
    private final ReentrantLock lock = new ReentrantLock();

    private DiskImageStore(StoreLayout layout, TarLimits layerLimits, Clock clock, StoreIndex index) {
        this.layout = layout;
        this.layerLimits = layerLimits;
        this.clock = clock;
        this.index = index;
    }

    /**
     * Opens the store, and makes it when there is none.
     *
     * @param root a directory of the store's own; its file system must hold overlay attributes and may not be an overlay itself
     * @param layerLimits of one layer's archive
     * @param bootId of this boot of the host
     * @throws dev.gantry.agent.state.StateFileException for a store of an unknown version, which is left untouched
     */
    public static DiskImageStore open(Path root, TarLimits layerLimits, String bootId, Clock clock) throws IOException {
        requireNonNull(layerLimits, "layerLimits is null");
        requireNonNull(clock, "clock is null");
        StoreLayout layout = new StoreLayout(root.toAbsolutePath());
        return new DiskImageStore(layout, layerLimits, clock, StoreRecovery.recover(layout, bootId));
    }

    @Override
    public Optional<Image> find(String digest) {
        return Digest.isDigest(digest) ? find(Digest.parse(digest)) : Optional.empty();
    }

    public Optional<Image> find(Digest manifest) {
        lock.lock();
        try {
            return Optional.ofNullable(index.image(manifest)).map(this::view);
        } finally {
            lock.unlock();
        }
    }

    /** The image of this name; by its digest when the name has one. */
    public Optional<Image> find(ImageName name) {
        Digest pinned = name.digest();
        if (pinned != null) {
            return find(pinned);
        }
        lock.lock();
        try {
            Digest digest = index.names().get(name.toString());
            return digest == null ? Optional.empty() : find(digest);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<Image> findNamed(String name) {
        return ImageName.tryParse(name).flatMap(this::find);
    }

    /** The image with its history and whatever else its configuration says. */
    public Optional<OciImage> describe(Digest manifest) {
        lock.lock();
        try {
            return Optional.ofNullable(index.image(manifest)).map(stored -> stored.image);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Image> list() {
        lock.lock();
        try {
            return index.images().stream().map(this::view).toList();
        } finally {
            lock.unlock();
        }
    }

    /** Name to digest. */
    public SortedMap<String, Digest> names() {
        lock.lock();
        try {
            return new TreeMap<>(index.names());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Lease lease(String digest, String holder) throws IOException {
        requireNonNull(holder, "holder is null");
        lock.lock();
        try {
            StoredImage stored = Digest.isDigest(digest) ? index.image(Digest.parse(digest)) : null;
            if (stored == null) {
                throw new IOException("The image %s, which %s needs, is not in the store".formatted(digest, holder));
            }
            stored.holders.add(holder);
            touch(stored);
            AtomicBoolean open = new AtomicBoolean(true);
            return () -> {
                if (open.getAndSet(false)) {
                    endLease(stored, holder);
                }
            };
        } finally {
            lock.unlock();
        }
    }

    /** A place to make layers and images in. What it holds is protected until it is closed. */
    public Workspace openWorkspace() {
        return new Workspace(this);
    }

    /**
     * Opens a manifest, a configuration, or nothing: layers are given by {@link #writeLayer}.
     *
     * @return empty when it is not in the store
     */
    public Optional<InputStream> openBlob(Digest digest) throws IOException {
        Path file = layout.blob(digest);
        return Files.exists(file) ? Optional.of(new ByteArrayInputStream(Files.readAllBytes(file))) : Optional.empty();
    }

    /**
     * Writes the plain archive of a layer, as registries want it.
     *
     * @throws IOException when it is not in the store, or its files no longer give the bytes of its digest; what was written then is useless
     */
    public void writeLayer(Digest diffId, OutputStream out) throws IOException {
        try (Workspace workspace = openWorkspace()) {
            Layer layer = workspace
                    .find(diffId)
                    .orElseThrow(() -> new IOException("The layer %s is not in the store".formatted(diffId)));
            DigestOutputStream digesting = new DigestOutputStream(out);
            fileWork.call(() -> {
                try (RootedDirectory files = RootedDirectory.open(layer.directory(), RootedDirectory.Escape.REFUSED)) {
                    return LayerTar.write(files, digesting);
                }
            });
            if (!digesting.digest().equals(diffId)) {
                throw new IOException(
                        "The files of layer %s don't give its archive; it was changed or was made elsewhere"
                                .formatted(diffId));
            }
        }
    }

    /** Gives an image one more name; one that another image had is taken from that. */
    public void setName(ImageName name, Digest manifest) throws IOException {
        setNames(List.of(name), manifest);
    }

    /** As {@link #setName}, several in one write. */
    public void setNames(List<ImageName> newNames, Digest manifest) throws IOException {
        if (newNames.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            if (index.image(manifest) == null) {
                throw new IOException("The image %s is not in the store, so it can't be named %s"
                        .formatted(
                                manifest,
                                newNames.stream().map(ImageName::toString).collect(Collectors.joining(", "))));
            }
            SortedMap<String, Digest> names = new TreeMap<>(index.names());
            newNames.forEach(name -> names.put(name.toString(), manifest));
            writeNames(names);
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a name; the image stays until it is collected or removed. Idempotent. */
    public void removeName(ImageName name) throws IOException {
        lock.lock();
        try {
            SortedMap<String, Digest> names = new TreeMap<>(index.names());
            if (names.remove(name.toString()) != null) {
                writeNames(names);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes an image with its names; its layers are left to collection. Idempotent.
     *
     * @throws IOException when something holds a lease on it
     */
    public void remove(Digest manifest) throws IOException {
        lock.lock();
        try {
            StoredImage stored = index.image(manifest);
            if (stored == null) {
                return;
            }
            if (!stored.holders.isEmpty()) {
                throw new IOException("The image %s is used by %s; remove that first"
                        .formatted(
                                manifest,
                                String.join(
                                        ", ",
                                        stored.holders.stream()
                                                .distinct()
                                                .sorted()
                                                .toList())));
            }
            removeUnused(stored);
        } finally {
            lock.unlock();
        }
    }

    /** A blob of a registry that is on its way here; what an earlier agent got of it counts. */
    public PartialFile partial(Digest blob) {
        return new PartialFile(layout, blob);
    }

    /** Removes blobs that are on their way here, but were not added to since. */
    public void removePartials(Instant notAddedToSince) throws IOException {
        StoreRecovery.removePartials(layout, notAddedToSince);
    }

    /** Content of all layers, in bytes. */
    public long bytes() {
        lock.lock();
        try {
            return index.bytes();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Frees space: first layers that no image needs (the build cache), then images without a name, then named ones, each by least recent use. What is leased, or
     * was used after {@code notUsedSince}, stays.
     *
     * @param bytes as many as are wanted
     * @return what went, possibly less
     */
    public Collected collect(long bytes, Instant notUsedSince) throws IOException {
        List<Path> doomed = new ArrayList<>();
        try {
            return choose(bytes, notUsedSince, doomed);
        } finally {
            for (Path path : doomed) {
                StoreLayout.deleteTree(path);
            }
        }
    }

    private Collected choose(long bytes, Instant notUsedSince, List<Path> doomed) throws IOException {
        lock.lock();
        try {
            StoreCollection.Removal<StoredLayer> removeLayer = stored -> {
                Digest diffId = stored.layer.diffId();
                doomed.add(layout.setAside(layout.layer(diffId)));
                index.removeLayer(diffId);
            };
            return new StoreCollection(index, removeLayer, this::removeUnused).collect(bytes, notUsedSince);
        } finally {
            lock.unlock();
        }
    }

    /** What was collected. {@code bytes} of file content; {@code images} by digest. */
    public record Collected(long bytes, int layers, List<Digest> images) {
        public Collected {
            images = List.copyOf(images);
        }
    }

    /** Where all of it lies. */
    public Path root() {
        return layout.root();
    }

    /** A failure of work in this store's folders, as a person is told of it: a {@link StoreFullException} when their disk is full, else as it is. */
    public IOException explain(IOException failure) {
        return StoreFullException.explain(layout.root(), failure);
    }

    /** Where the builder remembers what steps gave. */
    public Path cacheDirectory() {
        return layout.cache();
    }

    StoreLayout layout() {
        return layout;
    }

    TarLimits layerLimits() {
        return layerLimits;
    }

    FileWork fileWork() {
        return fileWork;
    }

    /** The layer, with one pin more. */
    @Nullable
    Layer pin(Digest diffId) {
        lock.lock();
        try {
            StoredLayer stored = index.layer(diffId);
            if (stored == null) {
                return null;
            }
            stored.pins++;
            stored.lastUsed = clock.instant();
            touchFile(StoreLayout.layerRecord(layout.layer(diffId)).path(), stored.lastUsed);
            return stored.layer;
        } finally {
            lock.unlock();
        }
    }

    void unpin(Digest diffId) {
        lock.lock();
        try {
            StoredLayer stored = index.layer(diffId);
            if (stored != null) {
                stored.pins--;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Moves a finished layer into its place, unless it is there already, and pins it. */
    Layer admit(Path finished, Digest diffId, byte[] record) throws IOException {
        lock.lock();
        try {
            Layer existing = pin(diffId);
            if (existing != null) {
                return existing;
            }
            Files.move(finished, layout.layer(diffId), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            LAYER_IN_PLACE.reach();
            Layer layer = LayerRecord.parse(diffId, layout.layerFiles(diffId), record);
            StoredLayer stored = new StoredLayer(layer, clock.instant(), false);
            stored.pins = 1;
            index.add(stored);
            return layer;
        } finally {
            lock.unlock();
        }
    }

    /** Records an image whose layers are pinned, brings all of it to the disk, and names it. */
    Image admit(OciImage image, List<ImageName> names) throws IOException {
        byte[] config = OciJson.config(image);
        return admit(OciJson.manifest(Digest.of(config), config.length, layerBlobs(image)), config, image, names);
    }

    /** As {@link #admit(OciImage, List)}, an image that others have described: their words stay as they are, for their digests. */
    Image admit(byte[] manifest, byte[] config, OciImage image, List<ImageName> names) throws IOException {
        layerBlobs(image);
        Digest digest = Digest.of(manifest);
        layout.writeBlob(config);
        layout.writeBlob(manifest);
        syncLayers();
        lock.lock();
        try {
            if (index.image(digest) == null) {
                ObjectNode record = JsonNodeFactory.instance.objectNode();
                record.put("config", Digest.of(config).toString());
                layout.image(digest).write(StoreLayout.json(record), StateFile.Durability.POWER_LOSS);
                IMAGE_RECORDED.reach();
                index.add(new StoredImage(digest, Digest.of(config), image, clock.instant()));
            }
            if (!names.isEmpty()) {
                SortedMap<String, Digest> all = new TreeMap<>(index.names());
                names.forEach(name -> all.put(name.toString(), digest));
                writeNames(all);
            }
            return view(requireNonNull(index.image(digest), "image is null"));
        } finally {
            lock.unlock();
        }
    }

    private List<OciJson.LayerBlob> layerBlobs(OciImage image) throws IOException {
        lock.lock();
        try {
            List<OciJson.LayerBlob> blobs = new ArrayList<>();
            for (Digest diffId : image.diffIds()) {
                StoredLayer stored = index.layer(diffId);
                if (stored == null) {
                    throw new IOException("The layer %s is not in the store".formatted(diffId));
                }
                blobs.add(OciJson.LayerBlob.of(stored.layer));
            }
            return blobs;
        } finally {
            lock.unlock();
        }
    }

    private void syncLayers() throws IOException {
        List<StoredLayer> waiting;
        lock.lock();
        try {
            waiting = index.layers().stream().filter(stored -> !stored.durable).toList();
        } finally {
            lock.unlock();
        }
        if (waiting.isEmpty()) {
            return;
        }
        layout.syncAll();
        LAYERS_SYNCED.reach();
        lock.lock();
        try {
            for (StoredLayer stored : waiting) {
                Digest diffId = stored.layer.diffId();
                if (index.layer(diffId) == stored) {
                    Files.write(layout.durableMark(diffId), new byte[0]);
                    StoreLayout.syncDirectory(layout.layer(diffId));
                    stored.durable = true;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void writeNames(SortedMap<String, Digest> names) throws IOException {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        names.forEach((name, digest) -> node.put(name, digest.toString()));
        layout.names().write(StoreLayout.json(node), StateFile.Durability.POWER_LOSS);
        NAMES_WRITTEN.reach();
        index.names().clear();
        index.names().putAll(names);
    }

    private void removeUnused(StoredImage stored) throws IOException {
        if (!index.namesOf(stored.manifest).isEmpty()) {
            SortedMap<String, Digest> names = new TreeMap<>(index.names());
            names.values().removeIf(stored.manifest::equals);
            writeNames(names);
        }
        layout.image(stored.manifest).delete();
        index.removeImage(stored.manifest);
        Files.deleteIfExists(layout.blob(stored.manifest));
        if (!index.referencedBlobs().contains(stored.configDigest)) {
            Files.deleteIfExists(layout.blob(stored.configDigest));
        }
    }

    private void endLease(StoredImage stored, String holder) {
        lock.lock();
        try {
            stored.holders.remove(holder);
            touch(stored);
        } finally {
            lock.unlock();
        }
    }

    private void touch(StoredImage stored) {
        stored.lastUsed = clock.instant();
        touchFile(layout.image(stored.manifest).path(), stored.lastUsed);
    }

    /** The order of use survives a restart in the files' times; losing one costs nothing but a worse choice. */
    private static void touchFile(Path file, Instant time) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(time));
        } catch (IOException e) {
            LOG.debug("The time of {} can't be set: {}", file, e.getMessage());
        }
    }

    private Image view(StoredImage stored) {
        List<Path> layers = stored.image.diffIds().reversed().stream()
                .map(layout::layerFiles)
                .toList();
        long bytes = 0;
        for (Digest diffId : stored.image.diffIds()) {
            StoredLayer layer = index.layer(diffId);
            bytes += layer == null ? 0 : layer.layer.contentBytes();
        }
        return new Image(
                stored.manifest.toString(), stored.image.config(), layers, bytes, index.namesOf(stored.manifest));
    }
}
