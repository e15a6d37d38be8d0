package dev.gantry.common.process;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NotDirectoryException;

/** How a long-running process ends when it can't start, by sysexits.h. Its supervisor starts it again unless it is {@link #CONFIGURATION}. */
public enum ExitCode {
    /** EX_CONFIG: flags, files or the surroundings must be changed first. */
    CONFIGURATION(78),
    /** EX_TEMPFAIL: a full disk or something that does not answer; later it may work. */
    TEMPORARY(75),
    /** EX_SOFTWARE: a fault of ours. */
    FAULT(70);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** What failing to read, write or connect means: passing, unless it is known not to be. */
    public static ExitCode of(IOException failure) {
        return switch (failure) {
            case ConfigurationException e -> CONFIGURATION;
            case AccessDeniedException e -> CONFIGURATION;
            case NotDirectoryException e -> CONFIGURATION;
            default -> TEMPORARY;
        };
    }
}
