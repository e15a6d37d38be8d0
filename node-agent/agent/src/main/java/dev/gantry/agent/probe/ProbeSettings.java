package dev.gantry.agent.probe;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * When and how often to check. Values below what makes sense are raised: a period and thresholds of at least 1, a timeout of at least 1 s.
 *
 * @param initialDelaySeconds after the container's start
 */
public record ProbeSettings(
        Check check,
        int initialDelaySeconds,
        int periodSeconds,
        int timeoutSeconds,
        int successThreshold,
        int failureThreshold) {
    public ProbeSettings {
        requireNonNull(check, "check is null");
        initialDelaySeconds = Math.max(0, initialDelaySeconds);
        periodSeconds = Math.max(1, periodSeconds);
        timeoutSeconds = Math.max(1, timeoutSeconds);
        successThreshold = Math.max(1, successThreshold);
        failureThreshold = Math.max(1, failureThreshold);
    }

    Duration timeout() {
        return Duration.ofSeconds(timeoutSeconds);
    }
}
