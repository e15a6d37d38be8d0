package dev.gantry.controlplane.controller.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a planner wants done.
 *
 * @param actions in order; the first that fails ends the plan, and the key is planned again after its back-off
 * @param again when to look again though nothing changed; null for not before a change
 */
public record Plan(List<Action> actions, @Nullable Duration again) {
    private static final Plan NOTHING = new Plan(List.of(), null);

    public Plan(List<Action> actions, @Nullable Duration again) {
        this.actions = List.copyOf(actions);
        this.again = again;
    }

    public static Plan nothing() {
        return NOTHING;
    }

    public static Plan of(Action... actions) {
        return new Plan(List.of(actions), null);
    }

    public static Plan after(Duration again) {
        return new Plan(List.of(), again);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Gathers actions; keeps the earliest of the times to look again. */
    public static final class Builder {
        private final List<Action> actions = new ArrayList<>();
        private @Nullable Duration again;

        public Builder add(Action action) {
            actions.add(action);
            return this;
        }

        public Builder lookAgainIn(Duration delay) {
            Duration atLeast = delay.isNegative() ? Duration.ZERO : delay;
            Duration earlier = again;
            again = earlier == null || atLeast.compareTo(earlier) < 0 ? atLeast : earlier;
            return this;
        }

        public boolean isEmpty() {
            return actions.isEmpty();
        }

        public Plan build() {
            return new Plan(actions, again);
        }
    }
}
