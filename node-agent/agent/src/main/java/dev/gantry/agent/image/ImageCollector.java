package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.DiskImageStore.Collected;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * Decides when images are collected and how many bytes are to go: when the disk is fuller than {@code highPercent}, down to {@code lowPercent}; and when the store
 * is larger than {@code maxBytes}, down to that. Its owner calls {@link #collectIfNeeded} now and then, and first after the leases of running containers were
 * taken again.
 */
public final class ImageCollector {
    private final DiskImageStore store;
    private final Settings settings;
    private final DiskSpace disk;
    private final Clock clock;

    /**
     * @param maxBytes of the store; 0 for no limit
     * @param minimumAge what was used more recently stays
     */
    public record Settings(int highPercent, int lowPercent, long maxBytes, Duration minimumAge) {
        public Settings {
            requireNonNull(minimumAge, "minimumAge is null");
            if (lowPercent < 0 || lowPercent > highPercent || highPercent > 100) {
                throw new IllegalArgumentException(
                        "Collection of images from %s %% of the disk to %s %%; expected 0 ≤ low ≤ high ≤ 100"
                                .formatted(highPercent, lowPercent));
            }
        }

        public static Settings defaults() {
            return new Settings(85, 80, 0, Duration.ofMinutes(2));
        }
    }

    /** The disk that the store lies on. */
    public interface DiskSpace {
        Space read() throws IOException;

        /** Bytes. */
        record Space(long total, long usable) {}
    }

    public ImageCollector(DiskImageStore store, Settings settings, DiskSpace disk, Clock clock) {
        this.store = requireNonNull(store, "store is null");
        this.settings = requireNonNull(settings, "settings is null");
        this.disk = requireNonNull(disk, "disk is null");
        this.clock = requireNonNull(clock, "clock is null");
    }

    /** @return what went; nothing when there is space enough */
    public Collected collectIfNeeded() throws IOException {
        long wanted = wanted();
        return wanted <= 0
                ? new Collected(0, 0, List.of())
                : store.collect(wanted, clock.instant().minus(settings.minimumAge()));
    }

    private long wanted() throws IOException {
        DiskSpace.Space space = disk.read();
        long used = space.total() - space.usable();
        long wanted = used > percent(space, settings.highPercent()) ? used - percent(space, settings.lowPercent()) : 0;
        if (settings.maxBytes() > 0) {
            wanted = Math.max(wanted, store.bytes() - settings.maxBytes());
        }
        return wanted;
    }

    private static long percent(DiskSpace.Space space, int percent) {
        return (long) (space.total() / 100.0 * percent);
    }
}
