package dev.gantry.agent.pod;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * Termination messages: a file of the host's that is mounted into the container at its termination message path. The container can write to it and not
 * replace it; it is read without following a link, and 4,096 bytes of it at most.
 */
final class LastWords {
    static final int LONGEST_BYTES = 4096;
    private static final int LONGEST_FROM_LOG_BYTES = 2048;
    private static final int LINES_FROM_LOG = 80;

    private LastWords() {}

    /** Makes the empty file. Idempotent. */
    static void prepare(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            Files.createFile(file);
        }
        // any user of the container may write it
        Files.setAttribute(file, "unix:mode", 0666);
    }

    /** What the container said; empty when it said nothing. */
    static String read(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return "";
        }
        return new String(bytes(file, 0, LONGEST_BYTES), UTF_8).strip();
    }

    /** The end of a log in CRI format, without time stamps. */
    static String endOfLog(Path log) throws IOException {
        if (!Files.isRegularFile(log, LinkOption.NOFOLLOW_LINKS)) {
            return "";
        }
        long size = Files.size(log);
        // time stamps and tags take up to 40 bytes a line
        int window = LONGEST_FROM_LOG_BYTES + LINES_FROM_LOG * 40;
        String text = new String(bytes(log, Math.max(0, size - window), window), UTF_8);
        StringBuilder message = new StringBuilder();
        String[] lines = text.split("\n", -1);
        for (int i = Math.max(size > window ? 1 : 0, lines.length - 1 - LINES_FROM_LOG); i < lines.length; i++) {
            String[] parts = lines[i].split(" ", 4);
            if (parts.length == 4) {
                message.append(parts[3]).append(parts[2].equals("P") ? "" : "\n");
            }
        }
        int start = Math.max(0, message.length() - LONGEST_FROM_LOG_BYTES);
        return message.substring(start).strip();
    }

    private static byte[] bytes(Path file, long position, int most) throws IOException {
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            ByteBuffer buffer = ByteBuffer.allocate(most);
            channel.position(position);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // read on until full or the end
            }
            byte[] bytes = new byte[buffer.position()];
            buffer.flip().get(bytes);
            return bytes;
        }
    }
}
