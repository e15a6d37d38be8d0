package dev.gantry.agent.state;

import java.io.IOException;

/** A state file that this agent can't read. The message says which, why and what to do. */
public final class StateFileException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** Written by a newer agent, or by one too old: left as it is. */
        UNKNOWN_VERSION,
        /** Damaged: set aside beside its place, under a name that ends in {@code .corrupt}. */
        CORRUPTED
    }

    private final Reason reason;

    StateFileException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
