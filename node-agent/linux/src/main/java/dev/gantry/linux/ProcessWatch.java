package dev.gantry.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when processes end: children of ours, which it also reaps (each by its own pid, so that it takes no child of anybody else in this JVM), and any others. One
 * thread waits for all of them. Safe for use by many threads.
 */
public final class ProcessWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessWatch.class);
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLLIN = 1;
    private static final int EPOLL_CLOEXEC = OpenFlags.CLOEXEC;
    private static final int EVENT_SIZE = 12;
    private static final int WNOHANG = 1;

    private final Descriptor epoll;
    private final Descriptor wake;
    private final Map<Integer, Watched> watched = new HashMap<>();
    private final Thread thread;
    private volatile boolean closed;

    private record Watched(Pidfd pidfd, Runnable ended) {}

    public ProcessWatch() throws LinuxException {
        this.epoll = NativeThreads.call(() ->
                new Descriptor((int) Libc.check(Libc.C.epoll_create1(EPOLL_CLOEXEC), "epoll_create"), "epoll"));
        this.wake = NativeThreads.call(() ->
                new Descriptor((int) Libc.check(Libc.C.eventfd(0, OpenFlags.CLOEXEC), "eventfd"), "eventfd"));
        add(wake.number());
        this.thread = Thread.ofPlatform().name("process-watch").daemon().start(this::loop);
    }

    /**
     * Watches a process.
     *
     * @param ended called once, on the watch's thread, which must not be blocked; on the caller's thread if it is gone already
     */
    public void watch(ProcessIdentity process, Runnable ended) throws IOException {
        Optional<Pidfd> pidfd = Pidfd.open(process);
        if (pidfd.isEmpty()) {
            ended.run();
            return;
        }
        int number = pidfd.get().descriptor().number();
        synchronized (watched) {
            watched.put(number, new Watched(pidfd.get(), ended));
        }
        add(number);
    }

    private void add(int fd) throws LinuxException {
        byte[] event = ByteBuffer.allocate(EVENT_SIZE)
                .order(ByteOrder.nativeOrder())
                .putInt(EPOLLIN)
                .putLong(fd)
                .array();
        NativeThreads.run(
                () -> Libc.check(Libc.C.epoll_ctl(epoll.number(), EPOLL_CTL_ADD, fd, event), "watch descriptor " + fd));
    }

    /** Runs on a platform thread that nothing else uses, so its native calls need no other. */
    private void loop() {
        byte[] events = new byte[64 * EVENT_SIZE];
        while (!closed) {
            int count = Libc.C.epoll_wait(epoll.number(), events, 64, -1);
            ByteBuffer buffer = ByteBuffer.wrap(events).order(ByteOrder.nativeOrder());
            for (int i = 0; i < count; i++) {
                int fd = (int) buffer.getLong(i * EVENT_SIZE + 4);
                if (fd != wake.number()) {
                    ended(fd);
                }
            }
        }
        synchronized (watched) {
            watched.values().forEach(entry -> entry.pidfd().close());
            watched.clear();
        }
        epoll.close();
        wake.close();
    }

    private void ended(int fd) {
        Watched entry;
        synchronized (watched) {
            entry = watched.remove(fd);
        }
        if (entry == null) {
            return;
        }
        // closing the only copy also takes it out of the epoll set; ECHILD for a process that is no child of ours
        entry.pidfd().close();
        int ignored = Posix.C.waitpid(entry.pidfd().process().pid(), new int[1], WNOHANG);
        LOG.trace("Process {} ended, waitpid {}", entry.pidfd().process().pid(), ignored);
        try {
            entry.ended().run();
        } catch (RuntimeException e) {
            LOG.error(
                    "A listener failed at the end of process {}",
                    entry.pidfd().process().pid(),
                    e);
        }
    }

    /** Waits for nobody: processes go on unwatched. Idempotent. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        try {
            // before the thread may see that it is over: it closes what is written to
            wake.write(new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
            closed = true;
            thread.join();
        } catch (LinuxException e) {
            closed = true;
            LOG.warn("The process watch did not wake up to stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
