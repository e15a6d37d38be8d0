package dev.gantry.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/** An open file descriptor, closed on exec. Safe for use by many threads, except that closing while in use is the caller's race. */
public final class Descriptor implements AutoCloseable {
    /** For those whose other end may never read or write. */
    private static final NativeThreads.Lane WAITING = new NativeThreads.Lane("native-stream", 1024);

    private final AtomicInteger number;
    private final String what;
    private final boolean waits;

    /**
     * @param number of an open descriptor, which this object owns from now on
     * @param what it is, for messages
     */
    public Descriptor(int number, String what) {
        this(number, what, false);
    }

    /** Of a pipe or FIFO that blocks: it is read and written in a lane of its own. */
    static Descriptor waiting(int number, String what) {
        return new Descriptor(number, what, true);
    }

    private Descriptor(int number, String what, boolean waits) {
        if (number < 0) {
            throw new IllegalArgumentException("%s is no descriptor: %s".formatted(number, what));
        }
        this.number = new AtomicInteger(number);
        this.what = Objects.requireNonNull(what, "what is null");
        this.waits = waits;
    }

    private <T> T onThread(NativeThreads.Call<T, LinuxException> call) throws LinuxException {
        return waits && !NativeThreads.isNativeThread() ? WAITING.callUninterruptibly(call) : NativeThreads.call(call);
    }

    /** @throws IllegalStateException when it is closed */
    public int number() {
        int value = number.get();
        if (value < 0) {
            throw new IllegalStateException("closed: " + what);
        }
        return value;
    }

    /** A path by which this process, and only this process, reaches the open file. */
    public String procPath() {
        return "/proc/self/fd/" + number();
    }

    /** A path by which another process of this user reaches the open file while this process lives. */
    public String sharedPath() {
        return "/proc/%s/fd/%s".formatted(ProcessHandle.current().pid(), number());
    }

    public FileStatus stat() throws LinuxException {
        return NativeThreads.call(() -> FileStatus.of(number(), "", 0x1000, what));
    }

    /** @return bytes read; -1 at the end */
    public int read(byte[] buffer, int offset, int length) throws LinuxException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        return onThread(() -> readHere(buffer, offset, length));
    }

    private int readHere(byte[] buffer, int offset, int length) throws LinuxException {
        byte[] target = offset == 0 ? buffer : new byte[length];
        while (true) {
            long count = Posix.C.read(number(), target, (long) length);
            if (count >= 0) {
                if (target != buffer) {
                    System.arraycopy(target, 0, buffer, offset, (int) count);
                }
                return count == 0 && length > 0 ? -1 : (int) count;
            }
            if (LinuxException.lastNumber() != Errno.EINTR.number()) {
                throw LinuxException.last("read " + what);
            }
        }
    }

    /** Writes all of it. */
    public void write(byte[] buffer, int offset, int length) throws LinuxException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        onThread(() -> {
            writeHere(buffer, offset, length);
            return true;
        });
    }

    public void write(byte[] buffer) throws LinuxException {
        write(buffer, 0, buffer.length);
    }

    private void writeHere(byte[] buffer, int offset, int length) throws LinuxException {
        int done = 0;
        while (done < length) {
            byte[] rest =
                    offset + done == 0 ? buffer : java.util.Arrays.copyOfRange(buffer, offset + done, offset + length);
            long count = Posix.C.write(number(), rest, (long) length - done);
            if (count < 0) {
                if (LinuxException.lastNumber() == Errno.EINTR.number()) {
                    continue;
                }
                throw LinuxException.last("write " + what);
            }
            done += (int) count;
        }
    }

    public void seek(long offset) throws LinuxException {
        NativeThreads.run(() -> Libc.check(Posix.C.lseekLong(number(), offset, 0), "seek " + what));
    }

    /** Sets the length; what is added reads as zeros and takes no space. */
    public void truncate(long length) throws LinuxException {
        NativeThreads.run(() -> Libc.check(Posix.C.ftruncate(number(), length), "truncate " + what));
    }

    /** Flushes data and metadata to the disk. */
    public void sync() throws LinuxException {
        NativeThreads.run(() -> Libc.check(Posix.C.fsync(number()), "fsync " + what));
    }

    /** Flushes the whole file system that this file lies in (syncfs(2)): one call after thousands of files instead of one for each. */
    public void syncFileSystem() throws LinuxException {
        NativeThreads.run(() -> Libc.check(Libc.C.syncfs(number()), "syncfs " + what));
    }

    public void chmod(int mode) throws LinuxException {
        NativeThreads.run(() -> Libc.check(Posix.C.fchmod(number(), mode), "chmod " + what));
    }

    public void chown(int uid, int gid) throws LinuxException {
        NativeThreads.run(() -> Libc.check(Posix.C.fchown(number(), uid, gid), "chown " + what));
    }

    public void setTimes(FileTimes times) throws LinuxException {
        NativeThreads.run(() -> Libc.check(Libc.C.futimens(number(), times.toTimespecs()), "set times of " + what));
    }

    /**
     * Takes the file's lock (flock(2)), which lasts until this description and all its copies in other processes are closed.
     *
     * @return false when another holds it
     */
    public boolean tryLock(boolean exclusive) throws LinuxException {
        return NativeThreads.call(() -> {
            int result = Posix.C.flock(number(), (exclusive ? 2 : 1) | 4);
            if (result != 0 && LinuxException.lastNumber() != Errno.EAGAIN.number()) {
                throw LinuxException.last("lock " + what);
            }
            return result == 0;
        });
    }

    /** Reads from it; closing the stream closes the descriptor. */
    public InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return Descriptor.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return length == 0 ? 0 : Descriptor.this.read(buffer, offset, length);
            }

            @Override
            public void close() {
                Descriptor.this.close();
            }
        };
    }

    /** Writes to it, unbuffered; closing the stream closes the descriptor. */
    public OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                Descriptor.this.write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] buffer, int offset, int length) throws IOException {
                Descriptor.this.write(buffer, offset, length);
            }

            @Override
            public void close() {
                Descriptor.this.close();
            }
        };
    }

    /** Idempotent. Errors of close(2) are of no use to anybody and are dropped. */
    @Override
    public void close() {
        int value = number.getAndSet(-1);
        if (value >= 0) {
            NativeThreads.call(() -> Posix.C.close(value));
        }
    }

    @Override
    public String toString() {
        return "%s (descriptor %s)".formatted(what, number.get());
    }
}
