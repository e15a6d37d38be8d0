package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a planner may know besides the objects.
 *
 * @param now the injected clock's time
 * @param termBegan when this replica began to lead: clocks about others start here
 * @param lastRefusal why the API refused this key's last creation; null when it didn't
 */
public record Circumstances(
        Instant now, Instant termBegan, @Nullable String lastRefusal) {
    public Circumstances(Instant now, Instant termBegan, @Nullable String lastRefusal) {
        this.now = requireNonNull(now, "now is null");
        this.termBegan = requireNonNull(termBegan, "termBegan is null");
        this.lastRefusal = lastRefusal;
    }
}
