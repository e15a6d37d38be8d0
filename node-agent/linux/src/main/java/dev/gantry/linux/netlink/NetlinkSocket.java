package dev.gantry.linux.netlink;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.NativeThreads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A netlink socket (netlink(7)). It belongs to the network namespace of the thread that opened it, whichever thread uses it later. Requests are
 * serialised; each waits at most ten seconds for the kernel.
 */
public final class NetlinkSocket implements AutoCloseable {
    public static final int ROUTE = 0;
    public static final int NETFILTER = 12;

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int EIO = 5;
    private static final int RECEIVE_BUFFER = 4 << 20;
    private static final int DATAGRAM = 1 << 17;
    private static final int DUMP_ATTEMPTS = 5;

    private final int descriptor;
    private final ReentrantLock lock = new ReentrantLock();
    private final byte[] datagram = new byte[DATAGRAM];
    private final AtomicInteger sequence = new AtomicInteger(1);
    private int sendBuffer = 1 << 16;
    private boolean closed;

    private NetlinkSocket(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Opens one in the calling thread's network namespace. @param protocol {@link #ROUTE} or {@link #NETFILTER} */
    public static NetlinkSocket open(int protocol) throws IOException {
        return NativeThreads.call(() -> {
            int descriptor = NativeLibrary.C.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
            if (descriptor < 0) {
                throw new NetlinkException("open a netlink socket", NativeLibrary.errno(), "");
            }
            NetlinkSocket socket = new NetlinkSocket(descriptor);
            try {
                byte[] address = new byte[12];
                ByteBuffer.wrap(address).order(ByteOrder.nativeOrder()).putShort((short) AF_NETLINK);
                if (NativeLibrary.C.bind(descriptor, address, address.length) < 0) {
                    throw new NetlinkException("bind a netlink socket", NativeLibrary.errno(), "");
                }
                socket.option(SOL_NETLINK, NETLINK_EXT_ACK, 1);
                socket.option(SOL_NETLINK, NETLINK_CAP_ACK, 1);
                socket.option(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
                socket.receiveTimeout(10);
                return socket;
            } catch (IOException | RuntimeException e) {
                socket.close();
                throw e;
            }
        });
    }

    /** The next sequence number, for a message's header. */
    public int nextSequence() {
        return sequence.getAndIncrement();
    }

    /**
     * Sends messages that each ask for an acknowledgement, and waits for all of these.
     *
     * @param count how many they are
     * @throws NetlinkException for the first that was refused; the others may have taken effect
     */
    public void request(String what, byte[] messages, int count) throws IOException {
        NativeThreads.call(() -> {
            lock.lock();
            try {
                send(what, messages);
                @org.jspecify.annotations.Nullable NetlinkException failure = null;
                for (int acknowledged = 0; acknowledged < count; ) {
                    for (NetlinkMessage message : receive(what, 0)) {
                        if (message.isError()) {
                            acknowledged++;
                            if (message.errno() != 0 && failure == null) {
                                failure = new NetlinkException(what, message.errno(), message.errorDetail());
                            }
                        }
                    }
                }
                if (failure != null) {
                    throw failure;
                }
                return true;
            } finally {
                lock.unlock();
            }
        });
    }

    /** Asks for one thing, without acknowledgement. @throws NetlinkException when it isn't there */
    public NetlinkMessage get(String what, byte[] message) throws IOException {
        return NativeThreads.call(() -> {
            lock.lock();
            try {
                send(what, message);
                NetlinkMessage reply = receive(what, 0).getFirst();
                if (reply.isError()) {
                    throw new NetlinkException(what, reply.errno(), reply.errorDetail());
                }
                return reply;
            } finally {
                lock.unlock();
            }
        });
    }

    /** Asks for a list. Asked again when it changed while it was read, a few times; then the last answer is given. */
    public List<NetlinkMessage> dump(String what, byte[] message) throws IOException {
        return NativeThreads.call(() -> {
            lock.lock();
            try {
                List<NetlinkMessage> all = new ArrayList<>();
                for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
                    all.clear();
                    send(what, message);
                    if (!readDump(what, all)) {
                        break;
                    }
                }
                return List.copyOf(all);
            } finally {
                lock.unlock();
            }
        });
    }

    /** @return whether the list changed while it was read */
    private boolean readDump(String what, List<NetlinkMessage> all) throws IOException {
        boolean interrupted = false;
        while (true) {
            for (NetlinkMessage message : receive(what, 0)) {
                interrupted |= (message.flags() & NetlinkMessage.NLM_F_DUMP_INTR) != 0;
                if ((message.isError() || message.isDone()) && message.errno() > 0) {
                    throw new NetlinkException(what, message.errno(), message.errorDetail());
                }
                if (message.isDone()) {
                    return interrupted;
                }
                all.add(message);
            }
        }
    }

    /**
     * Sends one transaction (nfnetlink batch) and returns every reply that the kernel has queued by then: it processes the batch within the
     * sending call.
     */
    public List<NetlinkMessage> transact(String what, byte[] batch) throws IOException {
        return NativeThreads.call(() -> {
            lock.lock();
            try {
                if (batch.length * 2L > sendBuffer) {
                    sendBuffer = Math.toIntExact(Math.min(batch.length * 2L + (1 << 16), Integer.MAX_VALUE / 2));
                    option(SOL_SOCKET, SO_SNDBUFFORCE, sendBuffer);
                }
                send(what, batch);
                List<NetlinkMessage> replies = new ArrayList<>();
                while (true) {
                    List<NetlinkMessage> more = receive(what, MSG_DONTWAIT);
                    if (more.isEmpty()) {
                        return replies;
                    }
                    replies.addAll(more);
                }
            } finally {
                lock.unlock();
            }
        });
    }

    private void send(String what, byte[] data) throws IOException {
        if (closed) {
            throw new IOException("Cannot " + what + ": the netlink socket is closed");
        }
        drain();
        long sent;
        do {
            sent = NativeLibrary.C.send(descriptor, data, data.length, 0);
        } while (sent < 0 && NativeLibrary.errno() == EINTR);
        if (sent < 0) {
            throw new NetlinkException(what, NativeLibrary.errno(), "");
        }
    }

    /** Drops what an earlier request that failed half-way has left. */
    private void drain() {
        while (NativeLibrary.C.recv(descriptor, datagram, datagram.length, MSG_DONTWAIT) > 0) {
            // nothing waits for it any more
        }
    }

    /** The messages of one datagram; empty only with MSG_DONTWAIT. */
    private List<NetlinkMessage> receive(String what, int flags) throws IOException {
        while (true) {
            long length = NativeLibrary.C.recv(descriptor, datagram, datagram.length, flags);
            if (length > 0) {
                try {
                    List<NetlinkMessage> messages = NetlinkMessage.parse(datagram, Math.toIntExact(length));
                    if (!messages.isEmpty()) {
                        return messages;
                    }
                } catch (IllegalArgumentException e) {
                    throw new IOException("Cannot " + what + ": the kernel's answer is malformed", e);
                }
            }
            if (length == 0) {
                throw new NetlinkException(what, EIO, "the socket was shut down");
            }
            int errno = NativeLibrary.errno();
            if (length < 0 && errno == EAGAIN && flags != 0) {
                return List.of();
            }
            if (length < 0 && errno != EINTR) {
                throw new NetlinkException(what, errno, "no answer");
            }
        }
    }

    private void option(int level, int option, int value) throws IOException {
        byte[] bytes = new byte[4];
        ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(value);
        setOption(level, option, bytes);
    }

    private void receiveTimeout(long seconds) throws IOException {
        byte[] bytes = new byte[16];
        ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putLong(seconds);
        setOption(SOL_SOCKET, SO_RCVTIMEO, bytes);
    }

    private void setOption(int level, int option, byte[] value) throws IOException {
        requireNonNull(value, "value is null");
        if (NativeLibrary.C.setsockopt(descriptor, level, option, value, value.length) < 0) {
            throw new NetlinkException("set option " + option + " of a netlink socket", NativeLibrary.errno(), "");
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                NativeLibrary.C.close(descriptor);
            }
        } finally {
            lock.unlock();
        }
    }
}
