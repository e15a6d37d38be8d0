package dev.gantry.common.registry;

import static java.util.Objects.requireNonNull;

import java.io.IOException;

/** A registry has refused, or answered what no registry may. A connection that failed is a plain {@link IOException}. */
public final class RegistryException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * @param status of HTTP; 0 when it answered well, but what it sent can't be used
     * @param message one sentence for the user
     */
    public RegistryException(int status, String message) {
        super(requireNonNull(message, "message is null"));
        this.status = status;
    }

    public int status() {
        return status;
    }

    /** It does not hold what was asked for. */
    public boolean isUnknown() {
        return status == 404;
    }

    /** Asking once more, later, may help. */
    public boolean isPassing() {
        return status == 408 || status == 429 || status >= 500;
    }
}
