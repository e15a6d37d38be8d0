package dev.gantry.agent.container.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one log from its beginning, oldest file first, while it is being written and rotated: {@code path.N} … {@code path.1}, {@code path}. Files are
 * held open, so that a rotation takes nothing away from the reader; files are told apart by their inode. Not safe for concurrent use.
 */
public final class LogFiles implements AutoCloseable {
    private static final int MOST_FILES = 1000;
    private static final int LONGEST_LINE = 1 << 20;

    private final Path path;
    private final Deque<OpenFile> files = new ArrayDeque<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10).flip();
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private @Nullable Object lastKey;

    /** A file of the log; the key is its inode. */
    private record OpenFile(FileChannel channel, Object key) {}

    /** @param path of the newest file; need not exist yet */
    public LogFiles(Path path) throws IOException {
        this.path = path;
        openNewer();
    }

    /**
     * The next whole line; null at what is the end for now.
     *
     * <p>A file that another has succeeded ends its last line, whole or not.
     */
    public byte @Nullable [] next() throws IOException {
        while (true) {
            byte[] line = lineInBuffer();
            if (line != null) {
                return line;
            }
            if (fill()) {
                continue;
            }
            if (files.size() <= 1) {
                openNewer();
            }
            if (files.size() <= 1) {
                return null;
            }
            // what was written between the last read and the rotation
            if (fill()) {
                continue;
            }
            files.removeFirst().channel().close();
            if (unfinished.size() > 0) {
                return takeUnfinished();
            }
        }
    }

    private byte @Nullable [] lineInBuffer() {
        while (buffer.hasRemaining()) {
            byte b = buffer.get();
            if (b == '\n') {
                return takeUnfinished();
            }
            if (unfinished.size() < LONGEST_LINE) {
                unfinished.write(b);
            }
        }
        return null;
    }

    private byte[] takeUnfinished() {
        byte[] line = unfinished.toByteArray();
        unfinished.reset();
        return line;
    }

    private boolean fill() throws IOException {
        OpenFile current = files.peekFirst();
        if (current == null) {
            return false;
        }
        buffer.clear();
        int count = current.channel().read(buffer);
        buffer.flip();
        return count > 0;
    }

    /** Opens the files that are newer than the newest that is open. */
    private void openNewer() throws IOException {
        List<OpenFile> found = new ArrayList<>();
        for (int number = 0; number < MOST_FILES; number++) {
            OpenFile file = open(number == 0 ? path : path.resolveSibling(path.getFileName() + "." + number));
            if (file == null) {
                if (number > 0) {
                    break;
                }
                continue;
            }
            if (file.key().equals(lastKey)) {
                file.channel().close();
                break;
            }
            found.add(file);
        }
        for (OpenFile file : found.reversed()) {
            files.addLast(file);
            lastKey = file.key();
        }
    }

    private static @Nullable OpenFile open(Path file) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Object key = attributes.fileKey();
            if (!attributes.isRegularFile() || key == null) {
                return null;
            }
            FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
            BasicFileAttributes after =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!key.equals(after.fileKey())) {
                // rotated in between: the next look finds it under its new name
                channel.close();
                return null;
            }
            return new OpenFile(channel, key);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        for (OpenFile file : files) {
            file.channel().close();
        }
        files.clear();
    }
}
