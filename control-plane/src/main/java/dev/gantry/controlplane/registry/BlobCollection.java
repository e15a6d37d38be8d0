package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Descriptor;
import dev.gantry.common.registry.Manifest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Removes what nothing refers to: manifests that no name means and no pod runs, and blobs that no remaining manifest names. Whatever was used lately stays,
 * also what a client has only asked for: it may be about to push a manifest that names it.
 */
final class BlobCollection {
    private final BlobStore store;

    BlobCollection(BlobStore store) {
        this.store = requireNonNull(store, "store is null");
    }

    /** @param bytes of blobs */
    record Collected(int manifests, int blobs, long bytes) {}

    /**
     * @param needed manifests that stay, with all they name
     * @param notUsedSince only what was last used before this goes
     */
    Collected collect(Set<Digest> needed, Instant notUsedSince) throws IOException {
        Set<Digest> keptManifests = new HashSet<>();
        Set<Digest> keptBlobs = new HashSet<>();
        Deque<Digest> queue = new ArrayDeque<>(needed);
        for (Digest digest : store.manifests()) {
            if (store.manifestUsedSince(digest, notUsedSince)) {
                queue.add(digest);
            }
        }
        while (!queue.isEmpty()) {
            Digest digest = queue.remove();
            if (keptManifests.add(digest)) {
                Optional<Manifest> manifest = store.read(digest);
                if (manifest.isPresent()) {
                    manifest.get().blobs().stream().map(Descriptor::digest).forEach(keptBlobs::add);
                    manifest.get().manifests().stream().map(Descriptor::digest).forEach(queue::add);
                }
            }
        }
        int manifests = 0;
        for (Digest digest : store.manifests()) {
            if (!keptManifests.contains(digest) && store.removeManifest(digest, notUsedSince)) {
                manifests++;
            }
        }
        int blobs = 0;
        long bytes = 0;
        for (Digest digest : store.blobs()) {
            if (!keptBlobs.contains(digest)) {
                long removed = store.removeBlob(digest, notUsedSince);
                bytes += removed;
                blobs += removed > 0 ? 1 : 0;
            }
        }
        return new Collected(manifests, blobs, bytes);
    }
}
