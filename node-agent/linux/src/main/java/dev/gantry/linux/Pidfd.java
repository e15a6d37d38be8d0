package dev.gantry.linux;

import java.io.IOException;
import java.util.Optional;

/** A handle of one process, which never comes to mean another (pidfd_open(2)). */
public final class Pidfd implements AutoCloseable {
    private final ProcessIdentity process;
    private final Descriptor descriptor;

    private Pidfd(ProcessIdentity process, Descriptor descriptor) {
        this.process = process;
        this.descriptor = descriptor;
    }

    /** Empty when the process is gone. */
    public static Optional<Pidfd> open(ProcessIdentity process) throws IOException {
        Optional<Descriptor> descriptor = NativeThreads.call(() -> {
            int fd = (int) Libc.C.syscall(Libc.SYS_PIDFD_OPEN, process.pid(), 0);
            if (fd < 0 && LinuxException.lastNumber() == Errno.ESRCH.number()) {
                return Optional.empty();
            }
            Libc.check(fd, "pidfd_open " + process.pid());
            return Optional.of(new Descriptor(fd, "process " + process.pid()));
        });
        if (descriptor.isEmpty()) {
            return Optional.empty();
        }
        // only now is it sure that the pid still means the same process
        if (!ProcessIdentity.of(process.pid()).equals(Optional.of(process))) {
            descriptor.get().close();
            return Optional.empty();
        }
        return Optional.of(new Pidfd(process, descriptor.get()));
    }

    public ProcessIdentity process() {
        return process;
    }

    public Descriptor descriptor() {
        return descriptor;
    }

    /** @return false when the process has ended */
    public boolean signal(int signal) throws LinuxException {
        return NativeThreads.call(() -> {
            long result = Libc.C.syscall(Libc.SYS_PIDFD_SEND_SIGNAL, descriptor.number(), signal, 0, 0);
            if (result != 0 && LinuxException.lastNumber() == Errno.ESRCH.number()) {
                return false;
            }
            Libc.check(result, "signal %s to process %s".formatted(signal, process.pid()));
            return true;
        });
    }

    /** Sends a signal to a process, if it still is that one. */
    public static boolean signal(ProcessIdentity process, int signal) throws IOException {
        Optional<Pidfd> pidfd = open(process);
        if (pidfd.isEmpty()) {
            return false;
        }
        try (Pidfd handle = pidfd.get()) {
            return handle.signal(signal);
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
