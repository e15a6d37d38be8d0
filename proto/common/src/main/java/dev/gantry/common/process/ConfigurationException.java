package dev.gantry.common.process;

import java.io.IOException;

/**
 * Something that an operator gave or left to a process is not as it must be, and will not be when the process is started again: a supervisor must not
 * try. The message says what is wrong, where, and what to do.
 */
public final class ConfigurationException extends IOException {
    public ConfigurationException(String message) {
        super(message);
    }

    public ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
