package dev.gantry.agent.image;

import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Descriptor;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An unpacked layer in the store.
 *
 * @param diffId digest of its plain archive
 * @param directory its files, in overlay form
 * @param archiveBytes length of the plain archive
 * @param contentBytes of its files
 * @param latest newest modification time in it
 * @param compressed how registries have it, when it came compressed: what nobody here could make again bit by bit; null when it is the plain archive
 */
public record Layer(
        Digest diffId,
        Path directory,
        long archiveBytes,
        long contentBytes,
        Instant latest,
        @Nullable Descriptor compressed) {}
