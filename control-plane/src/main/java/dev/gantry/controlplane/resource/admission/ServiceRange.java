package dev.gantry.controlplane.resource.admission;

import java.util.ArrayList;
import java.util.List;

/**
 * The addresses that services get: an IPv4 network.
 *
 * @param network its first address as a number
 * @param prefix its length, 8 to 30
 */
public record ServiceRange(int network, int prefix) {
    public ServiceRange {
        if (prefix < 8 || prefix > 30) {
            throw new IllegalArgumentException("the service range's prefix must be 8 to 30: " + prefix);
        }
        network &= -1 << (32 - prefix);
    }

    /** Parses {@code 10.96.0.0/16}. */
    public static ServiceRange parse(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 2 || !parts[1].matches("\\d{1,2}")) {
            throw new IllegalArgumentException("not a network such as 10.96.0.0/16: " + text);
        }
        return new ServiceRange(toNumber(parts[0]), Integer.parseInt(parts[1]));
    }

    public boolean contains(String address) {
        try {
            int number = toNumber(address);
            return (number & (-1 << (32 - prefix))) == network && number != network && number != network + size() - 1;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    int size() {
        return 1 << (32 - prefix);
    }

    /** The address at {@code offset} from the network's first. */
    public String address(int offset) {
        int number = network + offset;
        return "%d.%d.%d.%d".formatted(number >>> 24, number >>> 16 & 255, number >>> 8 & 255, number & 255);
    }

    private static int toNumber(String address) {
        List<Integer> octets = new ArrayList<>();
        for (String octet : address.split("\\.", -1)) {
            if (!octet.matches("0|[1-9]\\d{0,2}") || Integer.parseInt(octet) > 255) {
                throw new IllegalArgumentException("not an IPv4 address: " + address);
            }
            octets.add(Integer.parseInt(octet));
        }
        if (octets.size() != 4) {
            throw new IllegalArgumentException("not an IPv4 address: " + address);
        }
        return octets.get(0) << 24 | octets.get(1) << 16 | octets.get(2) << 8 | octets.get(3);
    }
}
