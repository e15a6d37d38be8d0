package dev.gantry.agent.image;

import dev.gantry.common.image.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the store holds, in memory. Guarded by the store's lock. */
final class StoreIndex {
    private final Map<Digest, StoredLayer> layers = new HashMap<>();
    private final Map<Digest, StoredImage> images = new HashMap<>();
    private final SortedMap<String, Digest> names = new TreeMap<>();

    /** A layer with what protects it. */
    static final class StoredLayer {
        final Layer layer;
        Instant lastUsed;
        boolean durable;
        int pins;

        StoredLayer(Layer layer, Instant lastUsed, boolean durable) {
            this.layer = layer;
            this.lastUsed = lastUsed;
            this.durable = durable;
        }
    }

    /** An image with what protects it. */
    static final class StoredImage {
        final Digest manifest;
        final Digest configDigest;
        final OciImage image;
        final List<String> holders = new ArrayList<>();
        Instant lastUsed;

        StoredImage(Digest manifest, Digest configDigest, OciImage image, Instant lastUsed) {
            this.manifest = manifest;
            this.configDigest = configDigest;
            this.image = image;
            this.lastUsed = lastUsed;
        }
    }

    @Nullable
    StoredLayer layer(Digest diffId) {
        return layers.get(diffId);
    }

    Collection<StoredLayer> layers() {
        return layers.values();
    }

    void add(StoredLayer layer) {
        layers.put(layer.layer.diffId(), layer);
    }

    void removeLayer(Digest diffId) {
        layers.remove(diffId);
    }

    @Nullable
    StoredImage image(Digest manifest) {
        return images.get(manifest);
    }

    Collection<StoredImage> images() {
        return images.values();
    }

    void add(StoredImage image) {
        images.put(image.manifest, image);
    }

    void removeImage(Digest manifest) {
        images.remove(manifest);
        names.values().removeIf(manifest::equals);
    }

    SortedMap<String, Digest> names() {
        return names;
    }

    List<String> namesOf(Digest manifest) {
        return names.entrySet().stream()
                .filter(entry -> entry.getValue().equals(manifest))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether every layer of the image is there. */
    boolean isWhole(OciImage image) {
        return layers.keySet().containsAll(image.diffIds());
    }

    /** Diff ids of layers that some image needs. */
    Set<Digest> referencedLayers() {
        Set<Digest> referenced = new HashSet<>();
        images.values().forEach(image -> referenced.addAll(image.image.diffIds()));
        return referenced;
    }

    Set<Digest> referencedBlobs() {
        Set<Digest> referenced = new HashSet<>();
        images.values().forEach(image -> {
            referenced.add(image.manifest);
            referenced.add(image.configDigest);
        });
        return referenced;
    }

    /** Content of all layers, in bytes. */
    long bytes() {
        return layers.values().stream()
                .mapToLong(stored -> stored.layer.contentBytes())
                .sum();
    }
}
