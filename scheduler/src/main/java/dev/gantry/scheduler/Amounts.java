package dev.gantry.scheduler;

/** Amounts of resources as people write them in manifests. */
final class Amounts {
    private static final String[] BINARY_SUFFIXES = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};

    private Amounts() {}

    static String format(Reason reason, long amount) {
        return switch (reason) {
            case TOO_LITTLE_CPU -> amount % 1000 == 0 ? Long.toString(amount / 1000) : amount + "m";
            case TOO_LITTLE_MEMORY, TOO_LITTLE_EPHEMERAL_STORAGE -> bytes(amount);
            default -> Long.toString(amount);
        };
    }

    /** Exact when it divides; otherwise rounded up to the next whole Mi or so: a reader who frees that much frees enough. */
    private static String bytes(long amount) {
        int suffix = 0;
        long value = amount;
        while (suffix < BINARY_SUFFIXES.length - 1 && (value >= 10_240 || (value >= 1024 && value % 1024 == 0))) {
            value = Math.ceilDiv(value, 1024L);
            suffix++;
        }
        return value + BINARY_SUFFIXES[suffix];
    }
}
