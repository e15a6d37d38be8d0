package dev.gantry.controlplane.schedule;

import static java.util.Comparator.comparing;

import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pods that wait for a node. One that found none is parked until something happens that may remove one of its obstacles, and not tried again before
 * its back-off (1 s, doubled each time, at most 10 s); all are tried again after a minute in any case. Pure: the time is given. Not safe for use by many
 * threads.
 */
final class PendingQueue {
    private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(1);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(10);
    private static final Duration LONGEST_PARKING = Duration.ofMinutes(1);

    private static final class Entry {
        private PendingPod pod;
        private final int priority;
        private final String created;
        private int attempts;
        private boolean parked;
        private Set<Reason> obstacles = Set.of();
        private Instant notBefore = Instant.EPOCH;
        private Instant atTheLatest = Instant.MAX;

        private Entry(PendingPod pod, int priority, String created) {
            this.pod = pod;
            this.priority = priority;
            this.created = created;
        }

        private Instant dueAt() {
            return parked ? atTheLatest : notBefore;
        }
    }

    private final Map<String, Entry> entries = new HashMap<>();

    /** Adds a pod, or takes its new version, which is worth a try when it differs. */
    void offer(PendingPod pod, int priority, String created) {
        Entry entry = entries.get(pod.uid());
        if (entry == null) {
            entries.put(pod.uid(), new Entry(pod, priority, created));
        } else if (!entry.pod.equals(pod)) {
            entry.pod = pod;
            entry.parked = false;
        }
    }

    void remove(String uid) {
        entries.remove(uid);
    }

    /** Pods to try now: higher priority first, then the older. */
    List<PendingPod> due(Instant now, int limit) {
        return entries.values().stream()
                .filter(entry -> !entry.dueAt().isAfter(now))
                .sorted(comparing((Entry entry) -> -entry.priority)
                        .thenComparing(entry -> entry.created)
                        .thenComparing(entry -> entry.pod.namespace())
                        .thenComparing(entry -> entry.pod.name()))
                .limit(limit)
                .map(entry -> entry.pod)
                .toList();
    }

    Optional<Instant> nextDue() {
        return entries.values().stream().map(Entry::dueAt).min(Comparator.naturalOrder());
    }

    /** No node fits. */
    void park(String uid, Set<Reason> obstacles, Instant now) {
        Entry entry = backOff(uid, now);
        if (entry != null) {
            entry.parked = true;
            entry.obstacles = obstacles;
            entry.atTheLatest = now.plus(LONGEST_PARKING);
        }
    }

    /** The binding failed: try again after the back-off. */
    void retry(String uid, Instant now) {
        Entry entry = backOff(uid, now);
        if (entry != null) {
            entry.parked = false;
        }
    }

    private @Nullable Entry backOff(String uid, Instant now) {
        Entry entry = entries.get(uid);
        if (entry != null) {
            long seconds = FIRST_BACK_OFF.toSeconds() << Math.min(entry.attempts, 10);
            entry.notBefore = now.plusSeconds(Math.min(seconds, LONGEST_BACK_OFF.toSeconds()));
            entry.attempts++;
        }
        return entry;
    }

    /** Something happened that may have removed these obstacles. A pod that found no node at all has none and is always woken. */
    void wake(Set<Reason> removed) {
        if (removed.isEmpty()) {
            return;
        }
        Stream<Entry> helped = entries.values().stream()
                .filter(entry ->
                        entry.parked && (entry.obstacles.isEmpty() || !Collections.disjoint(entry.obstacles, removed)));
        helped.forEach(entry -> entry.parked = false);
    }

    boolean contains(String uid) {
        return entries.containsKey(uid);
    }

    Set<String> uids() {
        return Set.copyOf(entries.keySet());
    }
}
