package dev.gantry.linux;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import jnr.ffi.LastError;
import jnr.ffi.Runtime;

/** A system call that failed. The message says which, on what, and why. */
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1;

    private final int number;

    /**
     * @param operation what was tried, with its subject, such as {@code mkdir a/b}
     * @param number the value of errno
     */
    public LinuxException(String operation, int number) {
        super("%s: %s".formatted(requireNonNull(operation, "operation is null"), describe(number)));
        this.number = number;
    }

    public LinuxException(String operation, Errno errno) {
        this(operation, errno.number());
    }

    /** The failure of this thread's last native call. To be made before any other native call of the thread. */
    public static LinuxException last(String operation) {
        return new LinuxException(operation, lastNumber());
    }

    static int lastNumber() {
        return LastError.getLastError(Runtime.getSystemRuntime());
    }

    public Errno errno() {
        return Errno.of(number);
    }

    public int number() {
        return number;
    }

    public boolean is(Errno errno) {
        return number == errno.number();
    }

    private static String describe(int number) {
        Errno errno = Errno.of(number);
        return errno == Errno.UNKNOWN ? "error " + number : "%s (%s)".formatted(errno.text(), errno);
    }
}
