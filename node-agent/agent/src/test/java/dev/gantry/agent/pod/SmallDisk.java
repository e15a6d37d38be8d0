package dev.gantry.agent.pod;

import dev.gantry.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory on a file system of its own that a test can fill, to the last byte and the last inode. Needs root. */
final class SmallDisk implements AutoCloseable {
    private final Path directory;

    SmallDisk(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        Mounts.mount("gantry-test", directory, "tmpfs", Mounts.NOSUID | Mounts.NODEV, "size=2m,nr_inodes=500");
    }

    static boolean canMount() {
        return "root".equals(System.getProperty("user.name"));
    }

    void fill() throws IOException {
        try {
            Files.write(directory.resolve(".filler"), new byte[4 << 20]);
        } catch (IOException e) {
            // it is full
        }
        for (int number = 0; number < 500; number++) {
            try {
                Files.createFile(directory.resolve(".filler-" + number));
            } catch (IOException e) {
                return;
            }
        }
    }

    void free() throws IOException {
        Files.deleteIfExists(directory.resolve(".filler"));
        for (int number = 0; number < 500; number++) {
            Files.deleteIfExists(directory.resolve(".filler-" + number));
        }
    }

    @Override
    public void close() throws IOException {
        Mounts.unmount(directory, true);
    }
}
