package dev.gantry.linux;

/** Files in memory. */
public final class Memfd {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int ALL_SEALS = 0xf;

    private Memfd() {}

    /** A file with this content that nobody can ever change, positioned at its start. */
    public static Descriptor sealed(String name, byte[] content) throws LinuxException {
        return NativeThreads.call(() -> {
            int fd = Libc.C.memfd_create(FileNames.cString(name), MFD_CLOEXEC | MFD_ALLOW_SEALING);
            Descriptor memfd = new Descriptor((int) Libc.check(fd, "memfd_create " + name), name);
            boolean whole = false;
            try {
                memfd.write(content);
                memfd.seek(0);
                Libc.check(Libc.C.fcntl(memfd.number(), F_ADD_SEALS, ALL_SEALS), "seal " + name);
                whole = true;
                return memfd;
            } finally {
                if (!whole) {
                    memfd.close();
                }
            }
        });
    }

    /** An empty file. */
    public static Descriptor create(String name) throws LinuxException {
        return NativeThreads.call(() -> {
            int fd = Libc.C.memfd_create(FileNames.cString(name), MFD_CLOEXEC);
            return new Descriptor((int) Libc.check(fd, "memfd_create " + name), name);
        });
    }
}
