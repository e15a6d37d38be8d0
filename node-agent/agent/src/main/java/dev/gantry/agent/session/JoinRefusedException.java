package dev.gantry.agent.session;

import java.io.IOException;

/** A control plane does not let this host join: by this token, or under this name. The message says why, and what to do. */
public final class JoinRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    JoinRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
