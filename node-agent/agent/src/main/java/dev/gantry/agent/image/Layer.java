package dev.gantry.agent.image;

import dev.gantry.common.image.Digest;
import java.nio.file.Path;
import java.time.Instant;

/**
 * An unpacked layer in the store.
 *
 * @param diffId digest of its plain archive
 * @param directory its files, in overlay form
 * @param archiveBytes length of the plain archive
 * @param contentBytes of its files
 * @param latest newest modification time in it
 */
public record Layer(Digest diffId, Path directory, long archiveBytes, long contentBytes, Instant latest) {}
