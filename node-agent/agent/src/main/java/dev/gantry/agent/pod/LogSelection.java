package dev.gantry.agent.pod;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.gantry.agent.container.log.CriLine;
import dev.gantry.agent.container.log.LogFiles;
import dev.gantry.wire.node.v1.LogRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What of a log is wanted, and how much of it has been written. Not safe for concurrent use. */
final class LogSelection {
    private final PodStreams.LogSink sink;
    private final long tailLines;
    private final long sinceMillis;
    private final boolean timestamps;
    private final long limitBytes;
    private long written;
    /** Whether the last line written goes on in the next: only its first part gets a time stamp. */
    private boolean midLine;

    private LogSelection(
            PodStreams.LogSink sink, long tailLines, long sinceMillis, boolean timestamps, long limitBytes) {
        this.sink = sink;
        this.tailLines = tailLines;
        this.sinceMillis = sinceMillis;
        this.timestamps = timestamps;
        this.limitBytes = limitBytes;
    }

    static LogSelection of(LogRequest request, PodStreams.LogSink sink) {
        return new LogSelection(
                sink,
                request.getTailLines(),
                request.getSinceMillis(),
                request.getTimestamps(),
                request.getLimitBytes());
    }

    /** The same for the logs of later runs: of these, every line. */
    LogSelection everything() {
        LogSelection next = new LogSelection(sink, -1, sinceMillis, timestamps, limitBytes);
        next.written = written;
        return next;
    }

    /** How many whole lines come before the tail. */
    long linesToSkip(Path log) throws IOException {
        if (tailLines < 0) {
            return 0;
        }
        long lines = 0;
        try (LogFiles files = new LogFiles(log)) {
            for (byte[] line = files.next(); line != null; line = files.next()) {
                Optional<CriLine> parsed = CriLine.parse(line);
                lines += parsed.isPresent() && !parsed.get().partial() ? 1 : 0;
            }
        }
        return Math.max(0, lines - tailLines);
    }

    /** False once the limit is reached. */
    boolean write(CriLine line) throws IOException {
        if (sinceMillis > 0 && line.millis() < sinceMillis) {
            return true;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(line.bytes().length + 1);
        if (timestamps && !midLine) {
            out.writeBytes((line.timestamp() + " ").getBytes(US_ASCII));
        }
        out.write(line.bytes(), line.textOffset(), line.bytes().length - line.textOffset());
        if (!line.partial()) {
            out.write('\n');
        }
        midLine = line.partial();
        int length = limitBytes > 0 ? (int) Math.min(out.size(), limitBytes - written) : out.size();
        if (length > 0) {
            sink.write(out.toByteArray(), 0, length);
            written += length;
        }
        return limitBytes <= 0 || written < limitBytes;
    }
}
