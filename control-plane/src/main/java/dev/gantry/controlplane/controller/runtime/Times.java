package dev.gantry.controlplane.controller.runtime;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Kubernetes' times: RFC 3339 in UTC with whole seconds. */
public final class Times {
    private Times() {}

    public static String format(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** @return {@code otherwise} for a missing time */
    public static Instant parse(@Nullable String time, Instant otherwise) {
        return time == null || time.isEmpty()
                ? otherwise
                : OffsetDateTime.parse(time).toInstant();
    }
}
