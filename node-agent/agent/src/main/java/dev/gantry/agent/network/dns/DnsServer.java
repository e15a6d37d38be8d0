package dev.gantry.agent.network.dns;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers DNS over UDP and TCP on one address, port 53. One thread reads datagrams and answers at once whatever needs no waiting; at most
 * {@value #MOST_WAITING} questions wait for servers outside at a time, and at most {@value #MOST_CONNECTIONS} TCP connections are served.
 */
public final class DnsServer {
    private static final Logger log = LoggerFactory.getLogger(DnsServer.class);
    private static final int PORT = 53;
    private static final int MOST_WAITING = 256;
    private static final int MOST_CONNECTIONS = 128;
    private static final int IDLE_MILLIS = 10_000;
    private static final int LARGEST_REQUEST = 4096;

    private final NetworkNamespace host;
    private final Questions questions;
    private @Nullable Sockets open;

    /** @param host where its sockets are opened */
    public DnsServer(ClusterNames names, HostResolver resolver, NetworkNamespace host) {
        this.host = requireNonNull(host, "host is null");
        this.questions = new Questions(names, resolver, new AnswerCache(System::nanoTime));
    }

    private record Sockets(
            InetAddress address,
            DatagramChannel datagrams,
            ServerSocketChannel connections,
            Set<SocketChannel> accepted,
            ExecutorService waiting) {
        void close() {
            closeQuietly(datagrams);
            closeQuietly(connections);
            accepted.forEach(Sockets::closeQuietly);
            waiting.shutdownNow();
        }

        private static void closeQuietly(AutoCloseable channel) {
            try {
                channel.close();
            } catch (Exception e) {
                log.debug("A DNS socket did not close cleanly", e);
            }
        }
    }

    /**
     * Listens on this address, which must be the host's. Does nothing when it does already.
     *
     * @throws IOException when port 53 of it is taken
     */
    public synchronized void start(InetAddress address) throws IOException {
        if (open != null && open.address().equals(address)) {
            return;
        }
        stop();
        Sockets sockets = host.call(() -> bind(address));
        open = sockets;
        Thread.ofPlatform().name("dns-udp").daemon().start(() -> receive(sockets));
        Thread.ofPlatform().name("dns-tcp").daemon().start(() -> accept(sockets));
    }

    private static Sockets bind(InetAddress address) throws IOException {
        InetSocketAddress local = new InetSocketAddress(address, PORT);
        DatagramChannel datagrams = DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            ServerSocketChannel connections = ServerSocketChannel.open(StandardProtocolFamily.INET);
            try {
                datagrams.bind(local);
                connections.bind(local, MOST_CONNECTIONS);
                return new Sockets(
                        address,
                        datagrams,
                        connections,
                        ConcurrentHashMap.newKeySet(),
                        Executors.newThreadPerTaskExecutor(
                                Thread.ofVirtual().name("dns-", 0).factory()));
            } catch (IOException e) {
                connections.close();
                throw e;
            }
        } catch (IOException e) {
            datagrams.close();
            throw new IOException(
                    "DNS for pods can't listen on %s port %d: %s"
                            .formatted(address.getHostAddress(), PORT, e.getMessage()),
                    e);
        }
    }

    /** Idempotent. */
    public synchronized void stop() {
        if (open != null) {
            open.close();
            open = null;
        }
    }

    private void receive(Sockets sockets) {
        Semaphore turns = new Semaphore(MOST_WAITING);
        ByteBuffer buffer = ByteBuffer.allocate(LARGEST_REQUEST);
        while (sockets.datagrams().isOpen()) {
            try {
                buffer.clear();
                SocketAddress client = sockets.datagrams().receive(buffer);
                byte[] request = Arrays.copyOf(buffer.array(), buffer.position());
                questions.answer(
                        request,
                        false,
                        work -> submit(sockets, turns, work),
                        reply -> send(sockets.datagrams(), client, reply));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException | RuntimeException e) {
                log.warn("A DNS request could not be answered", e);
            }
        }
    }

    private static boolean submit(Sockets sockets, Semaphore turns, Runnable work) {
        if (!turns.tryAcquire()) {
            return false;
        }
        sockets.waiting().execute(() -> {
            try {
                work.run();
            } finally {
                turns.release();
            }
        });
        return true;
    }

    private static void send(DatagramChannel datagrams, SocketAddress client, byte[] reply) {
        try {
            datagrams.send(ByteBuffer.wrap(reply), client);
        } catch (IOException e) {
            log.debug("A DNS reply could not be sent to {}", client, e);
        }
    }

    private void accept(Sockets sockets) {
        while (sockets.connections().isOpen()) {
            try {
                SocketChannel connection = sockets.connections().accept();
                if (sockets.accepted().size() >= MOST_CONNECTIONS) {
                    connection.close();
                } else {
                    sockets.accepted().add(connection);
                    sockets.waiting().execute(() -> serve(sockets, connection));
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException | RuntimeException e) {
                log.warn("A DNS connection could not be accepted", e);
            }
        }
    }

    private void serve(Sockets sockets, SocketChannel connection) {
        try (connection) {
            Socket socket = connection.socket();
            socket.setSoTimeout(IDLE_MILLIS);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            while (true) {
                byte[] request = new byte[in.readUnsignedShort()];
                in.readFully(request);
                questions.answer(
                        request,
                        true,
                        work -> {
                            work.run();
                            return true;
                        },
                        reply -> write(out, reply));
            }
        } catch (EOFException e) {
            log.trace("A DNS client has hung up");
        } catch (IOException | RuntimeException e) {
            log.debug("A DNS connection has ended", e);
        } finally {
            sockets.accepted().remove(connection);
        }
    }

    private static void write(OutputStream out, byte[] reply) {
        byte[] framed = new byte[reply.length + 2];
        framed[0] = (byte) (reply.length >> 8);
        framed[1] = (byte) reply.length;
        System.arraycopy(reply, 0, framed, 2, reply.length);
        try {
            out.write(framed);
        } catch (IOException e) {
            log.debug("A DNS reply could not be sent", e);
        }
    }
}
