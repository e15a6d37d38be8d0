package dev.gantry.cli.cluster;

/** An IPv4 range. @param network its first address @param prefix bits, 0 to 32 */
record Cidr(int network, int prefix) {
    /** @throws IllegalArgumentException with what was expected */
    static Cidr parse(String text) {
        String[] parts = text.split("/", -1);
        String[] octets = parts[0].split("\\.", -1);
        if (parts.length != 2 || octets.length != 4) {
            throw new IllegalArgumentException("expected an IPv4 range such as 10.244.0.0/16");
        }
        int address = 0;
        for (String octet : octets) {
            address = address << 8 | number(octet, 255);
        }
        int prefix = number(parts[1], 32);
        if ((address & ~mask(prefix)) != 0) {
            throw new IllegalArgumentException(
                    "the address has bits beyond its prefix: expected " + new Cidr(address & mask(prefix), prefix));
        }
        return new Cidr(address, prefix);
    }

    private static int number(String text, int most) {
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) > most) {
            throw new IllegalArgumentException("\"%s\" is not a number from 0 to %d".formatted(text, most));
        }
        return Integer.parseInt(text);
    }

    static int mask(int prefix) {
        return prefix == 0 ? 0 : -1 << (32 - prefix);
    }

    boolean overlaps(Cidr other) {
        int mask = mask(Math.min(prefix, other.prefix));
        return (network & mask) == (other.network & mask);
    }

    @Override
    public String toString() {
        return "%d.%d.%d.%d/%d"
                .formatted(network >>> 24, network >>> 16 & 255, network >>> 8 & 255, network & 255, prefix);
    }
}
