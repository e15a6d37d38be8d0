package dev.gantry.linux.launcher;

import dev.gantry.linux.Errno;
import java.io.IOException;

/** A launcher that could not start its process. The message is a sentence: what was tried, on what, and why it failed. */
public final class LaunchException extends IOException {
    private static final long serialVersionUID = 1;

    private final int number;
    private final String step;

    LaunchException(int number, String step) {
        super("%s: %s".formatted(step, text(number)));
        this.number = number;
        this.step = step;
    }

    private static String text(int number) {
        Errno errno = Errno.of(number);
        return errno == Errno.UNKNOWN ? "error " + number : errno.text();
    }

    public Errno errno() {
        return Errno.of(number);
    }

    /** What the launcher was about to do. */
    public String step() {
        return step;
    }
}
