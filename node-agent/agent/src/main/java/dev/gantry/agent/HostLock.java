package dev.gantry.agent;

import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Held by the one agent that a state directory has. The kernel lets go of it with the process, however that ends. */
final class HostLock implements AutoCloseable {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final FileChannel channel;

    private HostLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * @param patience how long an agent that is just ending is waited for
     * @throws ConfigurationException when another agent runs on this state
     */
    static HostLock acquire(Path stateDirectory, Duration patience) throws IOException {
        Path file = stateDirectory.resolve("agent.lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            long deadline = System.nanoTime() + patience.toNanos();
            while (tryLock(channel) == null) {
                if (System.nanoTime() > deadline) {
                    throw new ConfigurationException(
                            "another agent runs on the state in %s: stop it first, or give this one a --state of its own"
                                    .formatted(stateDirectory));
                }
                LockSupport.parkNanos(LOOK_AGAIN.toNanos());
            }
            return new HostLock(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // by this very process
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
