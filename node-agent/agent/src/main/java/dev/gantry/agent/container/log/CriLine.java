package dev.gantry.agent.container.log;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * One line of a log: {@code 2026-01-31T12:00:00.123456789Z stdout F text}, as the Container Runtime Interface defines it. A tag of P instead of F says
 * that the text goes on in the next line of the same stream.
 *
 * @param bytes the line as it lies in the file, without its end
 * @param textOffset where the text begins in {@code bytes}
 */
@SuppressWarnings("ArrayRecordComponent")
public record CriLine(byte[] bytes, String timestamp, boolean stderr, boolean partial, int textOffset) {
    private static final int LONGEST_TIMESTAMP = 40;

    /** Empty for what is no such line: the rest of one whose beginning was cut off. */
    public static Optional<CriLine> parse(byte[] bytes) {
        int first = space(bytes, 0);
        int second = first < 0 ? -1 : space(bytes, first + 1);
        int third = second < 0 ? -1 : space(bytes, second + 1);
        // a line without text may have lost the space after its tag
        int tagEnd = third < 0 ? bytes.length : third;
        if (second < 0 || first > LONGEST_TIMESTAMP || tagEnd == second + 1) {
            return Optional.empty();
        }
        String stream = new String(bytes, first + 1, second - first - 1, US_ASCII);
        if (!stream.equals("stdout") && !stream.equals("stderr")) {
            return Optional.empty();
        }
        return Optional.of(new CriLine(
                bytes,
                new String(bytes, 0, first, US_ASCII),
                stream.equals("stderr"),
                bytes[second + 1] == 'P',
                Math.min(bytes.length, tagEnd + 1)));
    }

    /** Milliseconds since 1970-01-01 UTC; 0 for a time that can't be read. */
    public long millis() {
        try {
            return Instant.parse(timestamp).toEpochMilli();
        } catch (DateTimeParseException e) {
            return 0;
        }
    }

    private static int space(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == ' ') {
                return i;
            }
        }
        return -1;
    }
}
