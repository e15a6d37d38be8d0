package dev.gantry.controlplane.dispatch;

import static java.util.Objects.requireNonNull;

/**
 * Why a container can't be started yet. The node gets it without an image digest, so that it waits there, too, and one that runs goes on; the reason
 * reaches the user through the pod's status.
 *
 * @param reason CamelCase
 * @param message one sentence
 */
record Hold(String reason, String message) {
    static final String CONFIG = "CreateContainerConfigError";

    Hold {
        requireNonNull(reason, "reason is null");
        requireNonNull(message, "message is null");
    }

    /** Thrown inside of the conversion of one container. */
    static final class HoldException extends Exception {
        private final Hold hold;

        HoldException(String message) {
            super(message);
            this.hold = new Hold(CONFIG, message);
        }

        Hold hold() {
            return hold;
        }
    }
}
