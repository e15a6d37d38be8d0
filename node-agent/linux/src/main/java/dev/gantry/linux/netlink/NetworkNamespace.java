package dev.gantry.linux.netlink;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.NativeThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A network namespace, held open by a descriptor (network_namespaces(7)). {@link #call} enters it on a thread of its own that ends with the call,
 * so that no thread of a pool is ever left in the wrong one. A socket, a path beneath /proc/sys/net and a child process belong to the namespace
 * of the thread that opens or starts them. Safe for use by many threads.
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;
    /** O_RDONLY, O_CLOEXEC and O_NONBLOCK: what is no namespace but a FIFO makes nobody wait. */
    private static final int OPEN = 0x80000 | 04000;

    private static final AtomicLong THREADS = new AtomicLong();

    private final int descriptor;
    private final boolean ownedByProcess;
    private boolean closed;

    private NetworkNamespace(int descriptor, boolean ownedByProcess) {
        this.descriptor = descriptor;
        this.ownedByProcess = ownedByProcess;
    }

    /** The namespace in which this process was started. */
    public static NetworkNamespace ofProcess() throws IOException {
        return NativeThreads.call(() -> new NetworkNamespace(openPath("/proc/self/ns/net"), true));
    }

    /** @param path such as /proc/PID/ns/net, or a file on which one is mounted */
    public static NetworkNamespace open(Path path) throws IOException {
        requireNonNull(path, "path is null");
        return NativeThreads.call(() -> new NetworkNamespace(openPath(path.toString()), false));
    }

    /** A new, empty one: only a loopback link, which is down. It ends with its last descriptor, process and socket. */
    public static NetworkNamespace create() throws IOException {
        return onNewThread(() -> {
            if (NativeLibrary.C.unshare(CLONE_NEWNET) < 0) {
                throw new NetlinkException("make a network namespace", NativeLibrary.errno(), "");
            }
            return new NetworkNamespace(openPath("/proc/thread-self/ns/net"), false);
        });
    }

    private static int openPath(String path) throws IOException {
        int descriptor = NativeLibrary.C.open(path, OPEN);
        if (descriptor < 0) {
            throw new NetlinkException("open the network namespace " + path, NativeLibrary.errno(), "");
        }
        return descriptor;
    }

    public interface Action<T extends @org.jspecify.annotations.Nullable Object> {
        T run() throws IOException;
    }

    /** Runs the action inside this namespace and gives back its result. */
    public <T> T call(Action<T> action) throws IOException {
        requireNonNull(action, "action is null");
        if (ownedByProcess) {
            return NativeThreads.call(action::run);
        }
        int target = descriptor();
        return onNewThread(() -> {
            if (NativeLibrary.C.setns(target, CLONE_NEWNET) < 0) {
                throw new NetlinkException("enter a network namespace", NativeLibrary.errno(), "");
            }
            return action.run();
        });
    }

    private static <T> T onNewThread(NativeThreads.Call<T, IOException> call) throws IOException {
        return NativeThreads.isolated("linux-netns-" + THREADS.getAndIncrement(), call);
    }

    /** The descriptor, for a link that is to be made in, or moved to, this namespace. Valid until {@link #close}. */
    public synchronized int descriptor() {
        if (closed) {
            throw new IllegalStateException("The network namespace is closed");
        }
        return descriptor;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            NativeLibrary.C.close(descriptor);
        }
    }
}
