package dev.gantry.agent.network.dns;

import dev.gantry.linux.netlink.Ipv4;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.xbill.DNS.Name;

/** A range of IPv4 addresses as DNS sees it: names that hold addresses. */
final class Ipv4Zone {
    private static final int REVERSE_LABELS = 7;

    private final int first;
    private final int mask;

    /** @param range such as 10.244.0.0/16 */
    Ipv4Zone(String range) {
        int slash = range.indexOf('/');
        int prefix = Integer.parseInt(range.substring(slash + 1));
        this.mask = prefix == 0 ? 0 : -1 << (32 - prefix);
        this.first = number(range.substring(0, slash)) & mask;
    }

    boolean contains(String address) {
        return (number(address) & mask) == first;
    }

    private static int number(String address) {
        return ByteBuffer.wrap(Ipv4.parse(address)).getInt();
    }

    /** {@code 10-244-0-5} as 10.244.0.5. */
    static Optional<String> dashed(String label) {
        return valid(label.replace('-', '.'));
    }

    /** {@code 5.0.244.10.in-addr.arpa.} as 10.244.0.5. */
    static Optional<String> ofReverse(Name name) {
        if (name.labels() != REVERSE_LABELS
                || !ClusterNames.label(name, 4).equals("in-addr")
                || !ClusterNames.label(name, 5).equals("arpa")) {
            return Optional.empty();
        }
        return valid(String.join(
                ".", name.getLabelString(3), name.getLabelString(2), name.getLabelString(1), name.getLabelString(0)));
    }

    private static Optional<String> valid(String address) {
        try {
            return Optional.of(Ipv4.format(Ipv4.parse(address)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
