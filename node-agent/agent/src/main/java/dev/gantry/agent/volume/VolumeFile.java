package dev.gantry.agent.volume;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * One file of a files volume.
 *
 * @param path relative, forward slashes
 * @param mode permission bits
 */
@SuppressWarnings("ArrayRecordComponent")
public record VolumeFile(String path, byte[] content, int mode) {
    public VolumeFile {
        requireNonNull(path, "path is null");
        requireNonNull(content, "content is null");
    }

    /** Throws when the path could leave the volume or meet the names that the swap needs for itself. */
    void check(String volume) throws VolumeException {
        Path relative = Path.of(path).normalize();
        if (path.isEmpty()
                || relative.isAbsolute()
                || !relative.toString().equals(path)
                || relative.getName(0).toString().startsWith("..")) {
            throw new VolumeException(
                    "File '%s' of volume %s is not a plain relative path: expected one without '..', '.' or a leading '/'"
                            .formatted(path, volume));
        }
    }
}
