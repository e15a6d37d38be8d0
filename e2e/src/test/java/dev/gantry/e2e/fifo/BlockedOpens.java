package dev.gantry.e2e.fifo;

import static org.awaitility.Awaitility.await;

import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Opens of FIFOs that nobody writes to, through the public API of {@code linux}; each waits in the kernel until this is closed. */
final class BlockedOpens implements AutoCloseable {
    /** openat2(2), as proc(5) shows it in /proc/PID/task/TID/syscall. */
    private static final String OPEN = "437 ";

    private final Path folder;
    private final RootedDirectory directory;
    private final List<Thread> waiting = new ArrayList<>();

    private BlockedOpens(Path folder, RootedDirectory directory) {
        this.folder = folder;
        this.directory = directory;
    }

    /** Returns when the kernel has all of them. */
    static BlockedOpens of(int count, Path folder) throws IOException {
        Files.createDirectories(folder);
        BlockedOpens opens = new BlockedOpens(folder, RootedDirectory.open(folder, RootedDirectory.Escape.REFUSED));
        for (int i = 0; i < count; i++) {
            opens.block("fifo-" + i);
        }
        await().until(() -> inProgress() == count);
        return opens;
    }

    private void block(String name) throws IOException {
        directory.mknod(name, 0010600, 0, 0);
        waiting.add(Thread.ofVirtual().name(name).start(() -> {
            try {
                directory.openWaiting(name, OpenFlags.READ_ONLY, 0).close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
    }

    /** How many threads of this process are in an open right now. */
    static long inProgress() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.filter(BlockedOpens::isInOpen).count();
        }
    }

    private static boolean isInOpen(Path thread) {
        try {
            return Files.readString(thread.resolve("syscall")).startsWith(OPEN);
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    @Override
    public void close() throws IOException {
        for (Thread thread : waiting) {
            // not through what is measured: it may hang
            Path fifo = folder.resolve(thread.getName());
            try (FileChannel writer = FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                writer.isOpen();
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        directory.close();
    }
}
