package dev.gantry.common.identity;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files and directories that only their owner may read: mode 0600 and 0700 from their first moment, never by a later chmod. */
public final class PrivateFile {
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
    private static final FileAttribute<?> DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private PrivateFile() {}

    /** Writes the whole file, synced, by a temporary file and an atomic move: a reader sees the old content or the new one. */
    public static void write(Path file, byte[] content) throws IOException {
        Path directory =
                requireNonNull(file.toAbsolutePath().getParent(), () -> "%s is no file's path".formatted(file));
        PrivateFile.createDirectories(directory);
        Path temporary = Files.createTempFile(
                directory, "." + file.getFileName(), ".tmp", PosixFilePermissions.asFileAttribute(FILE));
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Reads a whole file that holds a secret.
     *
     * @throws ConfigurationException when others may read or change it, or it is another user's: it may be known or forged
     */
    public static byte[] read(Path file) throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        if (!FILE.containsAll(mode)) {
            throw new ConfigurationException(
                    "%1$s has mode %2$s, expected rw-------: others may have read or changed the secret in it; if nobody has, run: chmod 600 %1$s"
                            .formatted(file, PosixFilePermissions.toString(mode)));
        }
        Object owner = Files.getAttribute(file, "unix:uid");
        Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (!owner.equals(user)) {
            throw new ConfigurationException(
                    "%1$s belongs to user %2$s, expected %3$s, who runs this process: the other may have read or changed the secret in it; if nobody has, run: chown %3$s %1$s"
                            .formatted(file, owner, user));
        }
        return Files.readAllBytes(file);
    }

    /** Makes the missing directories of a path, each with mode 0700. */
    public static void createDirectories(Path directory) throws IOException {
        Files.createDirectories(directory, DIRECTORY);
    }
}
