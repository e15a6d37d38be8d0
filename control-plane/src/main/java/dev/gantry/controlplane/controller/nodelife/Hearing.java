package dev.gantry.controlplane.controller.nodelife;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes count as silent. Clocks start anew with each term, and when this process itself was away (stopped, or without CPU) for a while: what it did
 * not hear then proves nothing. Safe for use by many threads.
 */
final class Hearing {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final int SMALLEST_CROWD = 3;

    private final HeardNodes heardNodes;
    private final Duration notReadyAfter;
    private final Set<String> nodes = ConcurrentHashMap.newKeySet();
    private Instant clocksFrom = Instant.EPOCH;
    private @Nullable Instant lastPulse;

    Hearing(HeardNodes heardNodes, Duration notReadyAfter) {
        this.heardNodes = requireNonNull(heardNodes, "heardNodes is null");
        this.notReadyAfter = requireNonNull(notReadyAfter, "notReadyAfter is null");
    }

    synchronized void begin() {
        nodes.clear();
        clocksFrom = Instant.EPOCH;
        lastPulse = null;
    }

    void add(String node) {
        nodes.add(node);
    }

    void remove(String node) {
        nodes.remove(node);
    }

    /** To be called about once a second, and before anything is decided. @return from when on silence counts */
    synchronized Instant pulse(Instant now, Instant termBegan) {
        if (clocksFrom.isBefore(termBegan)) {
            clocksFrom = termBegan;
        }
        if (lastPulse != null && Duration.between(lastPulse, now).compareTo(LONGEST_PAUSE) > 0) {
            clocksFrom = now;
        }
        lastPulse = now;
        return clocksFrom;
    }

    /** How long the node may stay silent still; not positive for one that counts as silent. */
    Duration untilSilent(String node, Instant from, Instant now) {
        return untilSilent(heardNodes.lastHeard().getOrDefault(node, from), from, now);
    }

    private Duration untilSilent(Instant heard, Instant from, Instant now) {
        return Duration.between(now, (heard.isBefore(from) ? from : heard).plus(notReadyAfter));
    }

    /** More than half of at least three nodes: then the fault may be on this side. */
    Crowd crowd(Instant from, Instant now) {
        Map<String, Instant> heard = heardNodes.lastHeard();
        long silent = nodes.stream()
                .filter(node ->
                        !untilSilent(heard.getOrDefault(node, from), from, now).isPositive())
                .count();
        return new Crowd(silent, nodes.size());
    }

    record Crowd(long silent, long all) {
        boolean doubtful() {
            return all >= SMALLEST_CROWD && silent * 2 > all;
        }
    }
}
