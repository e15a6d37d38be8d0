package dev.gantry.agent.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.build.ImagePublisher;
import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.common.registry.Descriptor;
import dev.gantry.common.registry.Manifest;
import dev.gantry.common.registry.Registry;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Pushes to the cluster's registry what it does not hold: first the layers, as plain archives that are written anew from their files, then the configuration, and
 * the manifest last. The image can be pulled by its digest then; its names are the control plane's to give.
 */
public final class RegistryPublisher implements ImagePublisher {
    private static final CrashPoint BLOB_PUSHED = CrashPoint.of("push.blob-pushed");
    private static final CrashPoint MANIFEST_PUSHED = CrashPoint.of("push.manifest-pushed");
    private static final int BLOBS_AT_A_TIME = 4;

    private final DiskImageStore store;
    private final Retries retries;

    /** @param registries those known now, best first */
    public RegistryPublisher(DiskImageStore store, Supplier<List<Registry>> registries, RandomGenerator random) {
        this.store = requireNonNull(store, "store is null");
        this.retries = new Retries(registries, random);
    }

    @Override
    public void publish(Image image, ImageName name) throws IOException {
        Digest digest = Digest.parse(image.digest());
        Manifest manifest = Manifest.parse("", blob(digest));
        List<Digest> diffIds = store.describe(digest)
                .orElseThrow(() -> new IOException("%s is not in the store any more".formatted(digest)))
                .diffIds();
        try {
            retries.call(registry -> {
                push(registry, name.repository(), manifest, diffIds);
                return true;
            });
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(
                    "the image was built, but could not be pushed to the cluster's registry: " + e.getMessage(), e);
        }
    }

    private void push(Registry registry, String repository, Manifest manifest, List<Digest> diffIds)
            throws IOException {
        if (registry.hasManifest(repository, manifest.digest())) {
            return;
        }
        Semaphore places = new Semaphore(BLOBS_AT_A_TIME);
        List<Future<?>> pushes = new ArrayList<>();
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("image-push-", 0).factory())) {
            for (Descriptor blob : manifest.blobs()) {
                pushes.add(threads.submit(() -> {
                    places.acquire();
                    try {
                        push(registry, repository, blob, content(manifest, blob, diffIds));
                    } finally {
                        places.release();
                    }
                    return null;
                }));
            }
            Futures.awaitAll(pushes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while pushing");
        }
        registry.putManifest(repository, manifest.digest().toString(), manifest);
        MANIFEST_PUSHED.reach();
    }

    private static void push(Registry registry, String repository, Descriptor blob, Registry.Content content)
            throws IOException {
        if (registry.blobBytes(repository, blob.digest()).isEmpty()) {
            registry.upload(repository, blob.digest(), blob.bytes(), content);
            BLOB_PUSHED.reach();
        }
    }

    private Registry.Content content(Manifest manifest, Descriptor blob, List<Digest> diffIds) {
        if (blob.equals(manifest.config())) {
            return out -> out.write(blob(blob.digest()));
        }
        Digest diffId = diffIds.get(manifest.layers().indexOf(blob));
        return out -> {
            if (!blob.digest().equals(diffId)) {
                throw new IOException(
                        "the layer %s came compressed, as %s, which the registry does not hold any more; push the image that it is of there again"
                                .formatted(diffId, blob.digest()));
            }
            store.writeLayer(diffId, out);
        };
    }

    private byte[] blob(Digest digest) throws IOException {
        try (InputStream in = store.openBlob(digest)
                .orElseThrow(() -> new IOException("%s is not in the store any more".formatted(digest)))) {
            return in.readAllBytes();
        }
    }
}
