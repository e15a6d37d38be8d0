package dev.gantry.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.agent.image.StoreIndex.StoredImage;
import dev.gantry.agent.image.StoreIndex.StoredLayer;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFileException;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a store whose last process may have died anywhere: removes what is unfinished and, after a reboot, layers of which not everything may have reached the
 * disk; what remains is whole.
 */
final class StoreRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(StoreRecovery.class);
    private static final CrashPoint TEMPORARY_REMOVED = CrashPoint.of("image.recovery-temporary-removed");
    private static final CrashPoint BOOT_RECORDED = CrashPoint.of("image.recovery-boot-recorded");

    private final StoreLayout layout;
    private final StoreIndex index = new StoreIndex();

    private StoreRecovery(StoreLayout layout) {
        this.layout = layout;
    }

    /** @throws StateFileException for a store of an unknown version, which is left untouched */
    static StoreIndex recover(StoreLayout layout, String bootId) throws IOException {
        StoreRecovery recovery = new StoreRecovery(layout);
        recovery.checkVersion();
        recovery.removeTemporary();
        recovery.loadLayers(recovery.isOtherBoot(bootId));
        layout.boot().write(bootId.getBytes(StandardCharsets.UTF_8), StateFile.Durability.POWER_LOSS);
        BOOT_RECORDED.reach();
        recovery.loadImages();
        recovery.loadNames();
        recovery.removeUnusedBlobs();
        return recovery.index;
    }

    private void checkVersion() throws IOException {
        StateFile version = layout.version();
        if (version.read().isEmpty()) {
            version.write(new byte[0], StateFile.Durability.POWER_LOSS);
        }
    }

    private void removeTemporary() throws IOException {
        for (Path path : list(layout.tmp())) {
            StoreLayout.deleteTree(path);
        }
        TEMPORARY_REMOVED.reach();
    }

    static void removePartials(StoreLayout layout, Instant notAddedToSince) throws IOException {
        for (Path path : list(layout.partials())) {
            try {
                if (lastUsed(path).isBefore(notAddedToSince)) {
                    Files.deleteIfExists(path);
                }
            } catch (NoSuchFileException e) {
                LOG.debug("{} has arrived meanwhile", path, e);
            }
        }
    }

    private boolean isOtherBoot(String bootId) throws IOException {
        Optional<byte[]> last = read(layout.boot());
        return last.isEmpty() || !new String(last.get(), StandardCharsets.UTF_8).equals(bootId);
    }

    private void loadLayers(boolean otherBoot) throws IOException {
        for (Path path : list(layout.layers())) {
            Optional<Digest> diffId = digest(path);
            boolean durable = Files.exists(path.resolve("durable"));
            Optional<StoredLayer> layer = diffId.isEmpty() || (otherBoot && !durable)
                    ? Optional.empty()
                    : readLayer(diffId.get(), path, durable);
            if (layer.isPresent()) {
                index.add(layer.get());
            } else {
                layout.remove(path);
            }
        }
    }

    private Optional<StoredLayer> readLayer(Digest diffId, Path path, boolean durable) throws IOException {
        StateFile file = StoreLayout.layerRecord(path);
        Optional<byte[]> record = read(file);
        if (record.isEmpty()) {
            return Optional.empty();
        }
        Layer layer = LayerRecord.parse(diffId, layout.layerFiles(diffId), record.get());
        return Optional.of(new StoredLayer(layer, lastUsed(file.path()), durable));
    }

    private void loadImages() throws IOException {
        for (Path path : list(layout.images())) {
            Optional<Digest> manifest = digest(path);
            Optional<StoredImage> image = manifest.isEmpty() ? Optional.empty() : readImage(manifest.get());
            if (image.isPresent() && index.isWhole(image.get().image)) {
                index.add(image.get());
            } else {
                LOG.warn("Image {} is not whole and is dropped", path.getFileName());
                Files.deleteIfExists(path);
            }
        }
    }

    private Optional<StoredImage> readImage(Digest manifest) throws IOException {
        StateFile file = layout.image(manifest);
        Optional<byte[]> record = read(file);
        if (record.isEmpty() || !Files.exists(layout.blob(manifest))) {
            return Optional.empty();
        }
        try {
            Digest config = Digest.parse(
                    StoreLayout.parseJson(record.get()).path("config").asText());
            OciImage image = OciJson.parseConfig(Files.readAllBytes(layout.blob(config)));
            return Optional.of(new StoredImage(manifest, config, image, lastUsed(file.path())));
        } catch (IllegalArgumentException | NoSuchFileException e) {
            LOG.warn("Image {} can't be read: {}", manifest, e.getMessage());
            return Optional.empty();
        }
    }

    private void loadNames() throws IOException {
        Optional<byte[]> record = read(layout.names());
        if (record.isEmpty()) {
            return;
        }
        JsonNode names = StoreLayout.parseJson(record.get());
        names.properties().forEach(entry -> {
            String digest = entry.getValue().asText();
            if (Digest.isDigest(digest) && index.image(Digest.parse(digest)) != null) {
                index.names().put(entry.getKey(), Digest.parse(digest));
            }
        });
    }

    private void removeUnusedBlobs() throws IOException {
        Set<Digest> referenced = index.referencedBlobs();
        for (Path path : list(layout.blobs())) {
            Optional<Digest> digest = digest(path);
            if (digest.isEmpty() || !referenced.contains(digest.get())) {
                Files.delete(path);
            }
        }
    }

    /** The body; empty when the file is missing or was damaged and set aside. */
    private static Optional<byte[]> read(StateFile file) throws IOException {
        try {
            return file.read().map(StateFile.Contents::body);
        } catch (StateFileException e) {
            if (e.reason() == StateFileException.Reason.CORRUPTED) {
                LOG.warn("{}", e.getMessage());
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Optional<Digest> digest(Path path) {
        String text = Digest.PREFIX + path.getFileName();
        return Digest.isDigest(text) ? Optional.of(Digest.parse(text)) : Optional.empty();
    }

    private static Instant lastUsed(Path file) throws IOException {
        return Files.getLastModifiedTime(file).toInstant();
    }

    private static List<Path> list(Path directory) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(paths::add);
        }
        return paths;
    }
}
