package dev.gantry.agent.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.PartialFile;
import dev.gantry.agent.image.StoreFullException;
import dev.gantry.agent.image.Workspace;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Descriptor;
import dev.gantry.common.registry.Registry;
import dev.gantry.common.registry.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/** One layer on its way here: downloaded as far as it has not come yet, checked as a whole, and only then unpacked. */
final class LayerPull {
    private static final CrashPoint UNPACKED = CrashPoint.of("pull.layer-unpacked");

    private final Retries retries;
    private final String repository;
    private final Descriptor layer;

    LayerPull(Retries retries, String repository, Descriptor layer) {
        this.retries = requireNonNull(retries, "retries is null");
        this.repository = requireNonNull(repository, "repository is null");
        this.layer = requireNonNull(layer, "layer is null");
    }

    /** @param diffId of the plain archive, as the image's configuration has it */
    void run(PartialFile partial, Workspace workspace, Digest diffId) throws IOException {
        retries.call(registry -> {
            download(registry, partial);
            return true;
        });
        if (!partial.isWhole()) {
            partial.remove();
            throw new RegistryException(
                    0, "what came as %s has another digest; it is dropped".formatted(layer.digest()));
        }
        try (InputStream archive = partial.read()) {
            workspace.unpack(archive, diffId, layer.digest().equals(diffId) ? null : layer);
        } catch (StoreFullException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            // it will not be another one the next time
            partial.remove();
            throw e;
        }
        UNPACKED.reach();
        partial.remove();
    }

    private void download(Registry registry, PartialFile partial) throws IOException {
        long before = partial.bytes();
        if (before > layer.bytes()) {
            partial.remove();
            before = 0;
        }
        if (before == layer.bytes()) {
            return;
        }
        try {
            try (Registry.Download download = registry.download(repository, layer.digest(), before)) {
                partial.append(download.offset(), download.content(), layer.bytes());
            }
            if (partial.bytes() < layer.bytes()) {
                throw new IOException("the connection ended after %d of the %d bytes of %s"
                        .formatted(partial.bytes(), layer.bytes(), layer.digest()));
            }
        } catch (PartialFile.DiskException | RegistryException e) {
            throw e;
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted() || partial.bytes() <= before) {
                throw e;
            }
            throw new Retries.CutShort(e);
        }
    }
}
