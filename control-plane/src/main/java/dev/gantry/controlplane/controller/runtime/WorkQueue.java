package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keys that want work, each at most once: a key added many times is handed out once, a key added while it is worked on is handed out again afterwards,
 * and no key is handed out to two at a time. Time is the injected clock's. Safe for use by many threads.
 */
public final class WorkQueue<K> {
    private static final Duration FIRST_BACK_OFF = Duration.ofMillis(50);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(30);
    // The longest sleep without looking at the clock, which tests and administrators can set.
    private static final long LONGEST_WAIT_MILLIS = 1_000;

    private record Due<K>(K key, Instant at, long order) {}

    private final Clock clock;
    private final PriorityQueue<Due<K>> queue =
            new PriorityQueue<>(Comparator.<Due<K>, Instant>comparing(Due::at).thenComparingLong(Due::order));
    private final Map<K, Due<K>> waiting = new HashMap<>();
    private final Set<K> working = new HashSet<>();
    private final Map<K, Instant> whileWorking = new HashMap<>();
    private final Map<K, Integer> failures = new HashMap<>();
    private long added;
    private boolean closed;

    public WorkQueue(Clock clock) {
        this.clock = requireNonNull(clock, "clock is null");
    }

    public void add(K key) {
        addAt(key, Instant.EPOCH);
    }

    public void addAfter(K key, Duration delay) {
        addAt(key, clock.instant().plus(delay));
    }

    /** Adds the key after its next back-off: 50 ms, doubled with each failure in a row, at most 30 s. */
    public synchronized void addAfterFailure(K key) {
        int before = failures.merge(key, 1, Integer::sum) - 1;
        long millis = FIRST_BACK_OFF.toMillis() << Math.min(before, 20);
        addAfter(key, Duration.ofMillis(Math.min(millis, LONGEST_BACK_OFF.toMillis())));
    }

    /** The key's work succeeded: its next failure counts as the first. */
    public synchronized void forgetFailures(K key) {
        failures.remove(key);
    }

    private synchronized void addAt(K key, Instant at) {
        requireNonNull(key, "key is null");
        if (closed) {
            return;
        }
        if (working.contains(key)) {
            whileWorking.merge(key, at, (a, b) -> a.isBefore(b) ? a : b);
            return;
        }
        Due<K> before = waiting.get(key);
        if (before != null && !at.isBefore(before.at)) {
            return;
        }
        if (before != null) {
            queue.remove(before);
        }
        Due<K> due = new Due<>(key, at, added++);
        waiting.put(key, due);
        queue.add(due);
        notifyAll();
    }

    /** The next key that is due; empty when none is. Give it back with {@link #done}. */
    public synchronized Optional<K> poll() {
        Due<K> due = queue.peek();
        if (closed || due == null || due.at.isAfter(clock.instant())) {
            return Optional.empty();
        }
        queue.remove();
        waiting.remove(due.key);
        working.add(due.key);
        return Optional.of(due.key);
    }

    /** Waits for a due key; null when the queue was closed. */
    public synchronized @Nullable K take() throws InterruptedException {
        while (!closed) {
            Optional<K> due = poll();
            if (due.isPresent()) {
                return due.get();
            }
            wait(millisUntilNext());
        }
        return null;
    }

    private long millisUntilNext() {
        Due<K> next = queue.peek();
        if (next == null) {
            return LONGEST_WAIT_MILLIS;
        }
        long millis = Duration.between(clock.instant(), next.at).toMillis() + 1;
        return Math.clamp(millis, 1, LONGEST_WAIT_MILLIS);
    }

    /** Says that a key handed out is no longer worked on. */
    public synchronized void done(K key) {
        working.remove(key);
        Instant at = whileWorking.remove(key);
        if (at != null) {
            addAt(key, at);
        }
    }

    /** When the next key is due; empty when none waits. */
    public synchronized Optional<Instant> nextDue() {
        return Optional.ofNullable(queue.peek()).map(Due::at);
    }

    /** Drops everything and wakes all who wait. */
    public synchronized void close() {
        closed = true;
        queue.clear();
        waiting.clear();
        whileWorking.clear();
        notifyAll();
    }
}
