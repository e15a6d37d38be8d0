package dev.gantry.agent.network.dns;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;

/**
 * Asks the host's name servers (resolv.conf(5)), one after the other. Blocks for at most {@value #ATTEMPT_MILLIS} ms for each of at most three; to be called on
 * virtual threads. Safe for use by many threads.
 */
public final class HostResolver {
    private static final int ATTEMPT_MILLIS = 2_000;
    private static final int MAX_SERVERS = 3;
    private static final int PORT = 53;
    private static final int LARGEST_DATAGRAM = 4096;
    private static final long REREAD_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final NetworkNamespace host;
    private final Path configuration;
    private final List<String> ourselves;
    private final int port;
    private final SecureRandom random = new SecureRandom();
    private volatile Servers servers = new Servers(List.of(), Long.MIN_VALUE);

    private record Servers(List<InetAddress> addresses, long readAt) {}

    /** @param ourselves addresses at which we answer: asking them would go round for ever */
    public HostResolver(NetworkNamespace host, Path configuration, List<String> ourselves) {
        this(host, configuration, ourselves, PORT);
    }

    HostResolver(NetworkNamespace host, Path configuration, List<String> ourselves, int port) {
        this.host = requireNonNull(host, "host is null");
        this.configuration = requireNonNull(configuration, "configuration is null");
        this.ourselves = List.copyOf(ourselves);
        this.port = port;
    }

    /** @throws IOException when there is no server, or none has answered */
    Message ask(Message question) throws IOException {
        List<InetAddress> addresses = servers();
        if (addresses.isEmpty()) {
            throw new IOException(configuration + " names no name server");
        }
        IOException failure = new IOException("No name server of " + configuration + " has answered");
        for (InetAddress server : addresses) {
            try {
                Message answer = ask(question, server);
                if (answer.getRcode() != Rcode.SERVFAIL && answer.getRcode() != Rcode.REFUSED) {
                    return answer;
                }
                failure.addSuppressed(new IOException(server + " answered " + Rcode.string(answer.getRcode())));
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
        throw failure;
    }

    private Message ask(Message question, InetAddress server) throws IOException {
        Message query = question.clone();
        query.getHeader().setID(random.nextInt(1 << 16));
        query.getHeader().setFlag(Flags.RD);
        Message answer = overUdp(query, new InetSocketAddress(server, port));
        return answer.getHeader().getFlag(Flags.TC) ? overTcp(query, new InetSocketAddress(server, port)) : answer;
    }

    private Message overUdp(Message query, InetSocketAddress server) throws IOException {
        try (DatagramChannel channel = host.call(DatagramChannel::open)) {
            DatagramSocket socket = channel.socket();
            socket.connect(server);
            byte[] wire = query.toWire();
            socket.send(new DatagramPacket(wire, wire.length));
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ATTEMPT_MILLIS);
            DatagramPacket packet = new DatagramPacket(new byte[LARGEST_DATAGRAM], LARGEST_DATAGRAM);
            while (true) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                socket.setSoTimeout((int) Math.max(1, left));
                packet.setLength(LARGEST_DATAGRAM);
                socket.receive(packet);
                Message answer = new Message(java.util.Arrays.copyOf(packet.getData(), packet.getLength()));
                if (answers(answer, query)) {
                    return answer;
                }
            }
        }
    }

    private Message overTcp(Message query, InetSocketAddress server) throws IOException {
        try (SocketChannel channel = host.call(SocketChannel::open)) {
            Socket socket = channel.socket();
            socket.connect(server, ATTEMPT_MILLIS);
            socket.setSoTimeout(ATTEMPT_MILLIS);
            byte[] wire = query.toWire();
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] framed = new byte[wire.length + 2];
            framed[0] = (byte) (wire.length >> 8);
            framed[1] = (byte) wire.length;
            System.arraycopy(wire, 0, framed, 2, wire.length);
            out.write(framed);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] reply = new byte[in.readUnsignedShort()];
            in.readFully(reply);
            Message answer = new Message(reply);
            if (!answers(answer, query)) {
                throw new IOException("The name server " + server + " answered another question");
            }
            return answer;
        }
    }

    /** Whether it may be trusted to be an answer to this very query (RFC 5452). */
    private static boolean answers(Message answer, Message query) {
        return answer.getHeader().getFlag(Flags.QR)
                && answer.getHeader().getID() == query.getHeader().getID()
                && query.getQuestion().equals(answer.getQuestion());
    }

    private List<InetAddress> servers() throws IOException {
        Servers known = servers;
        long now = System.nanoTime();
        if (known.readAt() == Long.MIN_VALUE || now - known.readAt() > REREAD_NANOS) {
            known = new Servers(read(), now);
            servers = known;
        }
        return known.addresses();
    }

    private List<InetAddress> read() throws IOException {
        if (!Files.exists(configuration)) {
            return List.of();
        }
        List<InetAddress> addresses = new ArrayList<>();
        for (String line : Files.readString(configuration, UTF_8).lines().toList()) {
            List<String> words = List.of(line.strip().split("\\s+"));
            // Only literal addresses: a name here would have to be asked for first.
            if (words.size() > 1
                    && words.get(0).equals("nameserver")
                    && words.get(1).matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.+)?")
                    && !ourselves.contains(words.get(1))) {
                addresses.add(InetAddress.getByName(words.get(1)));
            }
        }
        return addresses.subList(0, Math.min(MAX_SERVERS, addresses.size()));
    }
}
