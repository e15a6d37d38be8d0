package dev.gantry.controlplane.dispatch;

import java.util.Set;

/** Cuts the cluster's pod range (IPv4, CIDR) into one /24 for each node. Pure. */
final class PodRanges {
    private static final int NODE_PREFIX = 24;

    private PodRanges() {}

    /**
     * The lowest range that no node has.
     *
     * @throws IllegalStateException when all are taken
     */
    static String allocate(String clusterRange, Set<String> taken) {
        String[] parts = clusterRange.split("/", 2);
        int prefix = Integer.parseInt(parts[1]);
        if (prefix > NODE_PREFIX) {
            throw new IllegalStateException(
                    "the cluster's pod range %s is smaller than one node's /%d".formatted(clusterRange, NODE_PREFIX));
        }
        long base = address(parts[0]) & (0xffff_ffffL << (32 - prefix)) & 0xffff_ffffL;
        long count = 1L << (NODE_PREFIX - prefix);
        for (long i = 0; i < count; i++) {
            String range = text(base + (i << (32 - NODE_PREFIX))) + "/" + NODE_PREFIX;
            if (!taken.contains(range)) {
                return range;
            }
        }
        throw new IllegalStateException(
                "the cluster's pod range %s has room for %d nodes, and all are taken; delete nodes that are gone"
                        .formatted(clusterRange, count));
    }

    private static long address(String text) {
        long address = 0;
        for (String octet : text.split("\\.", 4)) {
            address = address << 8 | Integer.parseInt(octet);
        }
        return address;
    }

    private static String text(long address) {
        return "%d.%d.%d.%d".formatted(address >> 24 & 0xff, address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
    }
}
