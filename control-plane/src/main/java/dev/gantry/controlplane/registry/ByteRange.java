package dev.gantry.controlplane.registry;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A part of a blob (RFC 9110, section 14). @param first of the bytes, from 0 @param length of the part */
record ByteRange(long first, long length) {
    private static final Pattern ONE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

    long last() {
        return first + length - 1;
    }

    /**
     * What a Range header asks for; empty for the whole, also when it asks for several parts or in other units, which a server may disregard.
     *
     * @throws Refusal when there is no such part
     */
    static Optional<ByteRange> parse(String header, long size) {
        Matcher matcher = ONE.matcher(header.strip());
        if (!matcher.matches()
                || (matcher.group(1).isEmpty() && matcher.group(2).isEmpty())) {
            return Optional.empty();
        }
        if (matcher.group(1).isEmpty()) {
            long wanted = Math.min(Long.parseLong(matcher.group(2)), size);
            return satisfiable(header, size, new ByteRange(size - wanted, wanted));
        }
        long first = Long.parseLong(matcher.group(1));
        long last = matcher.group(2).isEmpty() ? size - 1 : Math.min(Long.parseLong(matcher.group(2)), size - 1);
        return satisfiable(header, size, new ByteRange(first, last - first + 1));
    }

    private static Optional<ByteRange> satisfiable(String header, long size, ByteRange range) {
        if (range.length() <= 0) {
            throw new Refusal(
                    416, "BLOB_UNKNOWN", "the range %s is not within the %d bytes of the blob".formatted(header, size));
        }
        return Optional.of(range);
    }
}
