package dev.gantry.agent.container;

import static java.util.Objects.requireNonNull;

/** A container or exec that could not be started. The reason goes into a status, the message before a person's eyes. */
public final class ContainerException extends Exception {
    /** The container itself can't run: its program is missing, or no program. Every other reason is the host's, or the configuration's. */
    public static final String RUN_CONTAINER_ERROR = "RunContainerError";

    private static final long serialVersionUID = 1;

    private final String reason;

    /**
     * @param reason CamelCase, such as {@code RunContainerError}
     * @param message one sentence: what, where, what was expected
     */
    public ContainerException(String reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = requireNonNull(reason, "reason is null");
    }

    public ContainerException(String reason, String message) {
        super(message);
        this.reason = requireNonNull(reason, "reason is null");
    }

    public String reason() {
        return reason;
    }
}
