package dev.gantry.linux;

/** A pipe, both ends closed on exec. */
public record Pipe(Descriptor reader, Descriptor writer) implements AutoCloseable {
    public static Pipe open(String what) throws LinuxException {
        return NativeThreads.call(() -> {
            int[] fds = new int[2];
            Libc.check(Libc.C.pipe2(fds, OpenFlags.CLOEXEC), "pipe for " + what);
            return new Pipe(
                    Descriptor.waiting(fds[0], what + " (reading)"), Descriptor.waiting(fds[1], what + " (writing)"));
        });
    }

    @Override
    public void close() {
        reader.close();
        writer.close();
    }
}
