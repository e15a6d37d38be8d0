package dev.gantry.agent.image;

import dev.gantry.agent.image.DiskImageStore.Collected;
import dev.gantry.agent.image.StoreIndex.StoredImage;
import dev.gantry.agent.image.StoreIndex.StoredLayer;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Chooses what goes when space is wanted. Used once, under the store's lock. */
final class StoreCollection {
    /** Removes something for good. */
    interface Removal<T> {
        void remove(T stored) throws IOException;
    }

    private final StoreIndex index;
    private final Removal<StoredLayer> removeLayer;
    private final Removal<StoredImage> removeImage;
    private final List<Digest> images = new ArrayList<>();
    private long freed;
    private int layers;

    StoreCollection(StoreIndex index, Removal<StoredLayer> removeLayer, Removal<StoredImage> removeImage) {
        this.index = index;
        this.removeLayer = removeLayer;
        this.removeImage = removeImage;
    }

    Collected collect(long bytes, Instant notUsedSince) throws IOException {
        removeLayers(bytes, notUsedSince);
        List<StoredImage> candidates = index.images().stream()
                .filter(image -> image.holders.isEmpty() && image.lastUsed.isBefore(notUsedSince))
                .sorted(Comparator.comparing((StoredImage image) ->
                                !index.namesOf(image.manifest).isEmpty())
                        .thenComparing(image -> image.lastUsed))
                .toList();
        for (StoredImage image : candidates) {
            if (freed >= bytes) {
                break;
            }
            removeImage.remove(image);
            images.add(image.manifest);
            // its layers were of use until now, whatever their own time says
            removeLayers(bytes, Instant.MAX);
        }
        return new Collected(freed, layers, images);
    }

    private void removeLayers(long bytes, Instant notUsedSince) throws IOException {
        Set<Digest> referenced = index.referencedLayers();
        List<StoredLayer> candidates = index.layers().stream()
                .filter(layer -> layer.pins == 0 && !referenced.contains(layer.layer.diffId()))
                .filter(layer -> layer.lastUsed.isBefore(notUsedSince))
                .sorted(Comparator.comparing(layer -> layer.lastUsed))
                .toList();
        for (StoredLayer layer : candidates) {
            if (freed >= bytes) {
                return;
            }
            removeLayer.remove(layer);
            freed += layer.layer.contentBytes();
            layers++;
        }
    }
}
