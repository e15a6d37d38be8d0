package dev.gantry.linux.netlink;

import java.io.IOException;

/** The kernel refused a request, or could not be asked. */
public final class NetlinkException extends IOException {
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EADDRNOTAVAIL = 99;

    private static final long serialVersionUID = 1;

    private final int errno;

    /**
     * @param what the request, such as {@code add route 10.0.0.0/8}
     * @param errno positive
     * @param detail the kernel's own words (extended acknowledgement); may be empty
     */
    public NetlinkException(String what, int errno, String detail) {
        super("Cannot " + what + ": " + NativeLibrary.describe(errno) + (detail.isEmpty() ? "" : ": " + detail));
        this.errno = errno;
    }

    /** Positive, as in errno(3). */
    public int errno() {
        return errno;
    }
}
