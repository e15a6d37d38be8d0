package dev.gantry.agent;

import java.io.IOException;

/** What the operator must change before the agent can run. The message says what. */
final class ConfigurationException extends IOException {
    private static final long serialVersionUID = 1L;

    ConfigurationException(String message) {
        super(message);
    }

    ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
