package dev.gantry.agent.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls.Pulled;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.PartialFile;
import dev.gantry.agent.image.PulledImage;
import dev.gantry.agent.image.Workspace;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.common.registry.Descriptor;
import dev.gantry.common.registry.Manifest;
import dev.gantry.common.registry.Registry;
import dev.gantry.common.registry.RegistryException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/** One image on its way here: its manifest, its configuration, and then the layers that are not here, several at a time. Blocking. */
final class ImagePull {
    private static final int MAX_CONFIG_BYTES = 4 << 20;

    private final DiskImageStore store;
    private final String name;
    private final Retries retries;
    private final LayerGate gate;
    private final ExecutorService threads;

    /** @param name how people call the registry */
    ImagePull(DiskImageStore store, String name, Retries retries, LayerGate gate, ExecutorService threads) {
        this.store = requireNonNull(store, "store is null");
        this.name = requireNonNull(name, "name is null");
        this.retries = requireNonNull(retries, "retries is null");
        this.gate = requireNonNull(gate, "gate is null");
        this.threads = requireNonNull(threads, "threads is null");
    }

    /**
     * @param reference a tag or a digest
     * @param names that the image gets
     */
    Pulled run(String repository, String reference, List<ImageName> names) throws IOException, InterruptedException {
        long began = System.nanoTime();
        Manifest named = manifest(repository, reference);
        Optional<Image> here = store.find(named.digest());
        if (here.isPresent()) {
            store.setNames(names, named.digest());
            return new Pulled(here.get(), 0, Duration.ofNanos(System.nanoTime() - began));
        }
        Manifest manifest = named.isIndex() ? manifest(repository, choose(named).toString()) : named;
        PulledImage image = PulledImage.of(named.bytes(), config(repository, manifest.config()));
        List<Digest> diffIds = image.diffIds();
        if (diffIds.size() != manifest.layers().size()) {
            throw new RegistryException(
                    0,
                    "the manifest of %s names %d layers, its configuration %d"
                            .formatted(repository, manifest.layers().size(), diffIds.size()));
        }
        try (Workspace workspace = store.openWorkspace()) {
            pullLayers(repository, manifest.layers(), diffIds, workspace);
            Image stored = workspace.commit(image, names);
            long bytes = manifest.blobs().stream().mapToLong(Descriptor::bytes).sum();
            return new Pulled(stored, bytes, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    private Manifest manifest(String repository, String reference) throws IOException {
        return retries.call(registry -> registry.manifest(repository, reference)
                .orElseThrow(() -> new RegistryException(
                        404,
                        "%s does not hold %s of %s: push it there, or correct the name"
                                .formatted(name, reference, repository))));
    }

    private static Digest choose(Manifest index) throws IOException {
        Descriptor.Platform host = Descriptor.Platform.ofThisHost();
        return index.manifests().stream()
                .filter(manifest -> manifest.platform().runsOn(host))
                .findFirst()
                .map(Descriptor::digest)
                .orElseThrow(() -> new RegistryException(
                        0,
                        "the image is not made for %s, only for %s"
                                .formatted(
                                        host,
                                        index.manifests().stream()
                                                .map(Descriptor::platform)
                                                .toList())));
    }

    private byte[] config(String repository, Descriptor config) throws IOException {
        if (config.bytes() > MAX_CONFIG_BYTES) {
            throw new RegistryException(
                    0,
                    "the image's configuration has %d bytes; expected at most %d"
                            .formatted(config.bytes(), MAX_CONFIG_BYTES));
        }
        return retries.call(registry -> {
            try (Registry.Download download = registry.download(repository, config.digest(), 0)) {
                byte[] bytes = download.content().readNBytes((int) config.bytes() + 1);
                if (!Digest.of(bytes).equals(config.digest())) {
                    throw new IOException(
                            "what %s sent as %s has another digest".formatted(registry.name(), config.digest()));
                }
                return bytes;
            }
        });
    }

    /** The first failure stops them all. */
    private void pullLayers(String repository, List<Descriptor> layers, List<Digest> diffIds, Workspace workspace)
            throws IOException, InterruptedException {
        List<Future<?>> pulls = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            Descriptor layer = layers.get(i);
            Digest diffId = diffIds.get(i);
            pulls.add(threads.submit(() -> {
                PartialFile partial = store.partial(layer.digest());
                gate.pass(
                        diffId,
                        workspace,
                        () -> new LayerPull(retries, repository, layer).run(partial, workspace, diffId),
                        // an agent may have died between unpacking and this
                        partial::remove);
                return null;
            }));
        }
        Futures.awaitAll(pulls);
    }
}
