package dev.gantry.agent.build;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Follows the log of a step's container, in CRI format ({@code TIME stdout|stderr F|P CONTENT}), from its beginning. Not safe for use by several threads. */
final class StepLog {
    private static final int MAX_READ = 1 << 20;

    private final Path file;
    private final Output output;
    private long position;
    private byte[] rest = new byte[0];

    /** Where output goes. */
    interface Output {
        void accept(boolean stderr, byte[] data);
    }

    StepLog(Path file, Output output) {
        this.file = file;
        this.output = output;
    }

    /** Passes on what was written since the last call. */
    void poll() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            if (log.length() < position) {
                position = 0; // it was rotated
            }
            log.seek(position);
            byte[] buffer = new byte[MAX_READ];
            for (int count = log.read(buffer); count > 0; count = log.read(buffer)) {
                position += count;
                take(buffer, count);
            }
        }
    }

    private void take(byte[] buffer, int count) {
        byte[] all = Arrays.copyOf(rest, rest.length + count);
        System.arraycopy(buffer, 0, all, rest.length, count);
        int start = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] == '\n') {
                line(all, start, i);
                start = i + 1;
            }
        }
        rest = Arrays.copyOfRange(all, start, all.length);
    }

    private void line(byte[] bytes, int from, int to) {
        int time = indexOf(bytes, from, to);
        int stream = time < 0 ? -1 : indexOf(bytes, time + 1, to);
        int tag = stream < 0 ? -1 : indexOf(bytes, stream + 1, to);
        if (stream < 0) {
            return;
        }
        int content = tag < 0 ? to : tag + 1;
        boolean partial = new String(bytes, stream + 1, (tag < 0 ? to : tag) - stream - 1, US_ASCII).startsWith("P");
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        data.write(bytes, content, to - content);
        if (!partial) {
            data.write('\n');
        }
        boolean stderr = new String(bytes, time + 1, stream - time - 1, US_ASCII).equals("stderr");
        output.accept(stderr, data.toByteArray());
    }

    private static int indexOf(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == ' ') {
                return i;
            }
        }
        return -1;
    }
}
