package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * Why pods should keep off a node.
 *
 * @param value may be empty
 */
public record Taint(String key, String value, Effect effect) {
    /** What a taint does to pods that don't tolerate it. */
    public enum Effect {
        /** Not placed there. */
        NO_SCHEDULE,
        /** Placed there only when nothing else fits as well. */
        PREFER_NO_SCHEDULE,
        /** Not placed there, and evicted when already there. */
        NO_EXECUTE
    }

    public Taint {
        requireNonNull(key, "key is null");
        requireNonNull(value, "value is null");
        requireNonNull(effect, "effect is null");
    }

    /** As users write it: {@code key=value:NoSchedule}. */
    @Override
    public String toString() {
        String name = switch (effect) {
            case NO_SCHEDULE -> "NoSchedule";
            case PREFER_NO_SCHEDULE -> "PreferNoSchedule";
            case NO_EXECUTE -> "NoExecute";
        };
        return value.isEmpty() ? key + ":" + name : key + "=" + value + ":" + name;
    }
}
