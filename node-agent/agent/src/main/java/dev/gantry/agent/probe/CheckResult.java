package dev.gantry.agent.probe;

import static java.util.Objects.requireNonNull;

/** @param message one sentence; for a failure, what was expected */
public record CheckResult(boolean success, String message) {
    public CheckResult {
        requireNonNull(message, "message is null");
    }

    static CheckResult passed(String message) {
        return new CheckResult(true, message);
    }

    static CheckResult failed(String message) {
        return new CheckResult(false, message);
    }
}
