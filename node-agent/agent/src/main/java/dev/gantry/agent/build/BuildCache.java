package dev.gantry.agent.build;

import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.Workspace;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFileException;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What steps gave, by a key of everything that could make them give something else: the layers beneath, the instruction, and the content that it takes. An entry is
 * worth nothing without its layer, so it protects none: a layer that was collected is a miss. Safe for use by many threads.
 */
final class BuildCache {
    private static final CrashPoint ENTRY_WRITTEN = CrashPoint.of("build.cache-entry-written");
    private static final String NO_LAYER = "none";

    private final Path directory;

    /** @param directory made when missing */
    BuildCache(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(directory);
    }

    /** @param layer empty when the step changed no file */
    record Hit(Optional<Layer> layer) {}

    /** What the step gave last time, its layer protected by the workspace. */
    Optional<Hit> find(Digest key, Workspace workspace) throws IOException {
        StateFile file = file(key);
        Optional<String> value;
        try {
            value = file.read().map(contents -> new String(contents.body(), StandardCharsets.UTF_8));
        } catch (StateFileException e) {
            // from another version, or damaged: the step just runs again
            value = Optional.empty();
        }
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (value.get().equals(NO_LAYER)) {
            return Optional.of(new Hit(Optional.empty()));
        }
        Optional<Layer> layer = workspace.find(Digest.parse(value.get()));
        if (layer.isEmpty()) {
            file.delete();
            return Optional.empty();
        }
        return Optional.of(new Hit(layer));
    }

    void put(Digest key, Optional<Layer> layer) throws IOException {
        String value = layer.map(l -> l.diffId().toString()).orElse(NO_LAYER);
        file(key).write(value.getBytes(StandardCharsets.UTF_8), StateFile.Durability.PROCESS_CRASH);
        ENTRY_WRITTEN.reach();
    }

    /** Removes what an unfinished write left. */
    void removeLeftovers() throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, ".*")) {
            for (Path path : stream) {
                Files.delete(path);
            }
        }
    }

    private StateFile file(Digest key) {
        return new StateFile(directory.resolve(key.hex()), "build-step", 1, 1);
    }
}
