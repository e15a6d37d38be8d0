package dev.gantry.linux.cgroup;

/**
 * Limits of a group. 0 is none throughout.
 *
 * @param cpuMilli thousandths of a CPU that it may use
 * @param cpuShares its weight against its siblings, as version 1 counts (1,024 for a CPU)
 * @param memoryBytes over which the kernel reclaims, then kills
 * @param pids processes and threads
 */
public record CgroupLimits(long cpuMilli, long cpuShares, long memoryBytes, long pids) {
    public static final CgroupLimits NONE = new CgroupLimits(0, 0, 0, 0);

    static final long PERIOD_MICROS = 100_000;
    private static final long MIN_QUOTA_MICROS = 1_000;
    private static final long MIN_SHARES = 2;
    private static final long MAX_SHARES = 262_144;

    /** CPU time in each period of 100 ms. */
    long quotaMicros() {
        return Math.max(MIN_QUOTA_MICROS, cpuMilli * PERIOD_MICROS / 1000);
    }

    long boundedShares() {
        return Math.clamp(cpuShares, MIN_SHARES, MAX_SHARES);
    }

    /** The weight of version 2 for shares of version 1, by the formula of the OCI runtimes. */
    long weight() {
        return 1 + (boundedShares() - MIN_SHARES) * 9_999 / (MAX_SHARES - MIN_SHARES);
    }
}
