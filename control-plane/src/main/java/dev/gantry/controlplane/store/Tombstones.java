package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The deletions that this replica knows of and that have not been purged: their versions, and since when it knows. Safe for use by many threads. */
final class Tombstones {
    private final Map<ObjectKey, Tombstone> known = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    Tombstones(LongSupplier nanoTime) {
        this.nanoTime = requireNonNull(nanoTime, "nanoTime is null");
    }

    void found(ObjectKey key, int version) {
        known.compute(
                key,
                (same, old) -> old != null && old.version() >= version
                        ? old
                        : new Tombstone(key, version, nanoTime.getAsLong()));
    }

    /** Something was created over it. */
    void gone(ObjectKey key, int newVersion) {
        known.computeIfPresent(key, (same, old) -> old.version() < newVersion ? null : old);
    }

    /** It was purged. */
    void purged(ObjectKey key) {
        known.remove(key);
    }

    /** The version to set, to create over a tombstone; empty when none is known. */
    OptionalInt version(ObjectKey key) {
        Tombstone tombstone = known.get(key);
        return tombstone == null ? OptionalInt.empty() : OptionalInt.of(tombstone.version());
    }

    /** Those that this replica has known for at least {@code age}: they are at least so old, whatever any clock says. */
    List<Tombstone> olderThan(Duration age) {
        long now = nanoTime.getAsLong();
        return known.values().stream()
                .filter(tombstone -> now - tombstone.knownSinceNanos() >= age.toNanos())
                .toList();
    }

    int size() {
        return known.size();
    }

    record Tombstone(ObjectKey key, int version, long knownSinceNanos) {}
}
