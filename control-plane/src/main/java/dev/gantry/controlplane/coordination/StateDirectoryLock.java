package dev.gantry.controlplane.coordination;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Held as long as this process uses a state directory; the kernel gives it back when the process dies. */
final class StateDirectoryLock implements AutoCloseable {
    private final FileChannel channel;

    private StateDirectoryLock(FileChannel channel) {
        this.channel = requireNonNull(channel, "channel is null");
    }

    /** @throws ConfigurationException when another process has it */
    static StateDirectoryLock take(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new StateDirectoryLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(file);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw inUse(file);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static ConfigurationException inUse(Path file) {
        return new ConfigurationException(
                "the state directory %s is in use by another control plane; stop that one first, or use --state for another"
                        .formatted(file.getParent()));
    }
}
