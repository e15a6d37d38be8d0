package dev.gantry.agent.volume;

import dev.gantry.agent.volume.VolumeSource.HostPath;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Paths of the host as volumes: checked, and made if their kind says so (Kubernetes, Volumes, "hostPath"). A host path is the host's, not the
 * container's, so its symbolic links are followed once, here; what is mounted is the real path.
 */
final class HostPaths {
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET = 0140000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int BLOCK_DEVICE = 0060000;

    private HostPaths() {}

    /** The real path to mount. */
    static Path resolve(HostPath volume) throws IOException {
        Path path = Path.of(volume.path());
        if (!path.isAbsolute() || !path.normalize().equals(path)) {
            throw new VolumeException(
                    "Host path '%s' of volume %s must be absolute, without '..'".formatted(path, volume.name()));
        }
        create(volume, path);
        Path real;
        try {
            real = path.toRealPath();
        } catch (NoSuchFileException e) {
            throw new VolumeException(
                    "Host path %s of volume %s does not exist on this node; expected %s"
                            .formatted(path, volume.name(), expected(volume)),
                    e);
        }
        if (!matches(volume, real)) {
            throw new VolumeException(
                    "Host path %s of volume %s is not %s".formatted(path, volume.name(), expected(volume)));
        }
        return real;
    }

    private static void create(HostPath volume, Path path) throws IOException {
        if (Files.exists(path)) {
            return;
        }
        switch (volume.kind()) {
            case DIRECTORY_OR_CREATE, ANY ->
                Files.createDirectories(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            case FILE_OR_CREATE -> {
                try {
                    Files.createFile(
                            path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
                } catch (FileAlreadyExistsException e) {
                    // it came into being meanwhile: its kind is checked next
                } catch (NoSuchFileException e) {
                    throw new VolumeException(
                            "The directory of host path %s of volume %s does not exist: FileOrCreate makes the file only"
                                    .formatted(path, volume.name()),
                            e);
                }
            }
            default -> {
                // must exist
            }
        }
    }

    private static boolean matches(HostPath volume, Path real) throws IOException {
        return switch (volume.kind()) {
            case ANY -> true;
            case DIRECTORY, DIRECTORY_OR_CREATE -> Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS);
            case FILE, FILE_OR_CREATE -> Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS);
            case SOCKET -> type(real) == SOCKET;
            case CHARACTER_DEVICE -> type(real) == CHARACTER_DEVICE;
            case BLOCK_DEVICE -> type(real) == BLOCK_DEVICE;
        };
    }

    private static int type(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & FILE_TYPE;
    }

    private static String expected(HostPath volume) {
        return switch (volume.kind()) {
            case ANY -> "anything";
            case DIRECTORY, DIRECTORY_OR_CREATE -> "a directory";
            case FILE, FILE_OR_CREATE -> "a regular file";
            case SOCKET -> "a UNIX socket";
            case CHARACTER_DEVICE -> "a character device";
            case BLOCK_DEVICE -> "a block device";
        };
    }
}
