package dev.gantry.controlplane.identity;

import static java.util.Objects.requireNonNull;

/** A host that may not join; the message says why and what to do, and gives nothing away to who has no valid token. */
public final class JoinRefusedException extends Exception {
    private final Reason reason;

    public JoinRefusedException(Reason reason, String message) {
        super(message);
        this.reason = requireNonNull(reason, "reason is null");
    }

    public Reason reason() {
        return reason;
    }

    public enum Reason {
        /** Unknown, wrong, expired or used up. */
        TOKEN,
        /** The request itself is malformed. */
        INVALID,
        /** Another key holds the name. */
        NAME_TAKEN
    }
}
