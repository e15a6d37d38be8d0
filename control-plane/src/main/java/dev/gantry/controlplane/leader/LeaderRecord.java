package dev.gantry.controlplane.leader;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * Who holds an epoch, as others read it: {@code 1 <replica> <host:port> …}, the first word being the format's version.
 *
 * @param replica the control plane's name
 * @param addresses host:port, where it answers
 */
record LeaderRecord(String replica, List<String> addresses) {
    private static final String FORMAT = "1";

    LeaderRecord {
        requireNonNull(replica, "replica is null");
        addresses = List.copyOf(addresses);
    }

    byte[] encode() {
        return "%s %s %s"
                .formatted(FORMAT, replica, String.join(" ", addresses))
                .strip()
                .getBytes(UTF_8);
    }

    /** Empty when nobody has led yet, or when a later version wrote it: then only its session tells whether it lives. */
    static Optional<LeaderRecord> decode(byte[] bytes) {
        String[] words = new String(bytes, UTF_8).split(" ", -1);
        if (words.length < 2) {
            return Optional.empty();
        }
        return Optional.of(new LeaderRecord(
                words[1], words[0].equals(FORMAT) ? List.of(words).subList(2, words.length) : List.of()));
    }
}
