package dev.gantry.cli.cluster;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lines that are added to a log, also after it was rotated: the file that was open is read to its end, then the one that has taken its name from the
 * beginning. Not safe for use by several threads.
 */
final class LogTail implements AutoCloseable {
    private final Path file;
    private final ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private @Nullable FileChannel open;
    private @Nullable Object openKey;

    private LogTail(Path file) {
        this.file = requireNonNull(file, "file is null");
    }

    /** Only what is written from now on; the file need not be there yet. */
    static LogTail fromEnd(Path file) throws IOException {
        LogTail tail = new LogTail(file);
        FileChannel channel = tail.reopen();
        if (channel != null) {
            channel.position(channel.size());
        }
        return tail;
    }

    /** The lines that have been finished since the last call; empty when there are none. */
    List<String> poll() throws IOException {
        List<String> lines = new ArrayList<>();
        FileChannel channel = open;
        boolean replaced =
                channel == null || !requireNonNull(openKey, "openKey is null").equals(key());
        if (channel != null) {
            // whoever rotates writes no more to the old file: after its name is gone, its end is final
            read(channel, lines);
        }
        if (replaced) {
            FileChannel next = reopen();
            if (next != null) {
                read(next, lines);
            }
        }
        return lines;
    }

    /** @return null, and nothing changes, while no file has the name */
    private @Nullable FileChannel reopen() throws IOException {
        try {
            FileChannel next = FileChannel.open(file, StandardOpenOption.READ);
            close();
            open = next;
            openKey = key();
            return next;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Device and inode; null while no file has the name. */
    private @Nullable Object key() throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private void read(FileChannel channel, List<String> lines) throws IOException {
        if (channel.size() < channel.position()) {
            channel.position(0);
        }
        while (channel.read(buffer.clear()) > 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    lines.add(unfinished.toString(StandardCharsets.UTF_8));
                    unfinished.reset();
                } else {
                    unfinished.write(next);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
