package dev.gantry.linux;

/** Flags of open(2) as x86-64 numbers them. */
public final class OpenFlags {
    public static final int READ_ONLY = 0;
    public static final int WRITE_ONLY = 1;
    public static final int READ_WRITE = 2;
    public static final int CREATE = 0100;
    public static final int EXCLUSIVE = 0200;
    public static final int NOCTTY = 0400;
    public static final int TRUNCATE = 01000;
    public static final int APPEND = 02000;
    public static final int NONBLOCK = 04000;
    public static final int DIRECTORY = 0200000;
    public static final int NOFOLLOW = 0400000;
    public static final int CLOEXEC = 02000000;
    /** Names a file without opening it. */
    public static final int PATH = 010000000;

    private OpenFlags() {}
}
