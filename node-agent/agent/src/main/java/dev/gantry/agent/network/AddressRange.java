package dev.gantry.agent.network;

import dev.gantry.linux.netlink.Ipv4;
import java.nio.ByteBuffer;

/** A range of IPv4 addresses, such as 10.244.1.0/24. @param first its lowest address @param prefix its length in bits */
record AddressRange(int first, int prefix) {
    /** @throws IllegalArgumentException unless it is an address, a slash and 0 to 32, with no bit set beyond the prefix */
    static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        int prefix;
        try {
            prefix = slash < 0 ? -1 : Integer.parseInt(text.substring(slash + 1));
        } catch (NumberFormatException e) {
            prefix = -1;
        }
        if (prefix < 0 || prefix > 32) {
            throw new IllegalArgumentException(
                    "Not a range of IPv4 addresses: %s, expected one such as 10.244.0.0/16".formatted(text));
        }
        AddressRange range = of(text.substring(0, slash), prefix);
        if (number(text.substring(0, slash)) != range.first()) {
            throw new IllegalArgumentException(
                    "The range %s has bits set beyond its prefix, expected %s".formatted(text, range));
        }
        return range;
    }

    /** The range around an address. */
    static AddressRange of(String address, int prefix) {
        return new AddressRange(number(address) & mask(prefix), prefix);
    }

    boolean contains(String address) {
        return (number(address) & mask(prefix)) == first;
    }

    boolean overlaps(AddressRange other) {
        int common = mask(Math.min(prefix, other.prefix));
        return (first & common) == (other.first & common);
    }

    /** How many addresses it has. */
    long size() {
        return 1L << (32 - prefix);
    }

    /** The address at an offset from the first. */
    String address(long offset) {
        return format(first + (int) offset);
    }

    String firstAddress() {
        return format(first);
    }

    private static int mask(int prefix) {
        return prefix == 0 ? 0 : -1 << (32 - prefix);
    }

    private static int number(String address) {
        return ByteBuffer.wrap(Ipv4.parse(address)).getInt();
    }

    private static String format(int address) {
        return Ipv4.format(ByteBuffer.allocate(4).putInt(address).array());
    }

    @Override
    public String toString() {
        return format(first) + "/" + prefix;
    }
}
