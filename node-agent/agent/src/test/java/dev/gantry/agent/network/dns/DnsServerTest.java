package dev.gantry.agent.network.dns;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.RouteSocket;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** With real sockets, in a network namespace of its own. */
@Tag("root")
class DnsServerTest {
    private static final Logger log = LoggerFactory.getLogger(DnsServerTest.class);
    private static final String US = "127.0.0.7";
    private static final String UPSTREAM = "127.0.0.8";

    @TempDir
    private Path directory;

    private final AtomicInteger upstreamQuestions = new AtomicInteger();
    private NetworkNamespace host;
    private DnsServer server;
    private DatagramChannel upstream;

    @BeforeEach
    void setUp() throws IOException {
        assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
                "needs root: makes network namespaces");
        host = NetworkNamespace.create();
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                routes.setUp(1);
            }
            return true;
        });
        upstream = host.call(
                () -> DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(UPSTREAM, 53)));
        ClusterNames names = new ClusterNames();
        names.configure("cluster.local", "10.244.0.0/16", "10.96.0.0/16");
        List<Endpoint> many = IntStream.range(1, 101)
                .mapToObj(i -> new Endpoint("10.244.1." + i, 80, true, "", "", ""))
                .toList();
        names.services(List.of(
                service("web", List.of("10.96.1.1"), "", List.of()),
                service("many", List.of(), "", many),
                service("alias", List.of(), "known.example.org", List.of())));
        server = new DnsServer(names, new HostResolver(host, directory.resolve("resolv.conf"), List.of(US)), host);
        server.start(InetAddress.getByName(US));
    }

    private static Service service(String name, List<String> addresses, String external, List<Endpoint> endpoints) {
        List<Port> ports = external.isEmpty() ? List.of(new Port("main", Transport.TCP, 80, 0, endpoints)) : List.of();
        return new Service("default", name, addresses, ports, external, false, 0);
    }

    @AfterEach
    void tearDown() throws IOException {
        if (server != null) {
            server.stop();
            upstream.close();
            host.close();
        }
    }

    /** A name server outside: knows known.example.org, denies the rest, never answers silent.example.org. */
    private void startUpstream() throws IOException {
        Files.writeString(
                directory.resolve("resolv.conf"),
                "# ours\nnameserver " + US + "\nnameserver " + UPSTREAM + "\nsearch example.org\n",
                UTF_8);
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    ByteBuffer buffer = ByteBuffer.allocate(4096);
                    var client = upstream.receive(buffer);
                    Message query = new Message(Arrays.copyOf(buffer.array(), buffer.position()));
                    upstreamQuestions.incrementAndGet();
                    String name = query.getQuestion().getName().toString();
                    if (!name.startsWith("silent")) {
                        upstream.send(
                                ByteBuffer.wrap(upstreamAnswer(query, name).toWire()), client);
                    }
                }
            } catch (IOException e) {
                // closed at the test's end
            }
        });
    }

    private static Message upstreamAnswer(Message query, String name) throws IOException {
        Message answer = new Message(query.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.addRecord(query.getQuestion(), Section.QUESTION);
        if (name.equals("known.example.org.")) {
            answer.addRecord(
                    new ARecord(query.getQuestion().getName(), DClass.IN, 300, InetAddress.getByName("192.0.2.77")),
                    Section.ANSWER);
        } else {
            answer.getHeader().setRcode(Rcode.NXDOMAIN);
        }
        return answer;
    }

    @Test
    void answersOverUdpAndTcp() throws IOException {
        Message query = query("web.default.svc.cluster.local", Type.A);
        for (Message reply : List.of(udp(query.toWire()), tcp(query.toWire()))) {
            assertThat(reply.getHeader().getID()).isEqualTo(query.getHeader().getID());
            assertThat(reply.getHeader().getFlag(Flags.AA)).isTrue();
            assertThat(answers(reply)).containsExactly("10.96.1.1");
        }
    }

    @Test
    void aLongAnswerIsCutOverUdpAndWholeOverTcp() throws IOException {
        Message query = query("many.default.svc.cluster.local", Type.A);
        Message cut = udp(query.toWire());
        assertThat(cut.getHeader().getFlag(Flags.TC)).isTrue();
        assertThat(cut.numBytes()).isBetween(400, 512);
        assertThat(answers(cut)).hasSizeGreaterThan(10);
        assertThat(answers(tcp(query.toWire()))).hasSize(100);
        query.addRecord(new OPTRecord(4096, 0, 0), Section.ADDITIONAL);
        Message larger = udp(query.toWire());
        assertThat(larger.numBytes()).isBetween(513, 1232);
        assertThat(larger.getOPT()).isNotNull();
    }

    @Test
    void otherNamesAreAskedOutsideOnceAndAliasesFollowed() throws IOException {
        startUpstream();
        for (int i = 0; i < 3; i++) {
            assertThat(answers(udp(query("known.example.org", Type.A).toWire())))
                    .containsExactly("192.0.2.77");
        }
        assertThat(upstreamQuestions).hasValue(1);
        assertThat(answers(udp(query("alias.default.svc.cluster.local", Type.A).toWire())))
                .containsExactly("known.example.org.", "192.0.2.77");
        assertThat(udp(query("unknown.example.org", Type.A).toWire()).getRcode())
                .isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void aSilentServerOutsideDelaysNobodyElse() throws Exception {
        startUpstream();
        try (DatagramChannel channel = client()) {
            for (int i = 0; i < 100; i++) {
                channel.send(
                        ByteBuffer.wrap(
                                query("silent" + i + ".example.org", Type.A).toWire()),
                        new InetSocketAddress(US, 53));
            }
            assertThat(answers(
                            udp(query("web.default.svc.cluster.local", Type.A).toWire())))
                    .containsExactly("10.96.1.1");
            assertThat(answers(udp(query("known.example.org", Type.A).toWire())))
                    .containsExactly("192.0.2.77");
        }
    }

    @Test
    void withoutServersOutsideTheAnswerIsAFailureAtOnce() throws IOException {
        assertThat(udp(query("example.org", Type.A).toWire()).getRcode()).isEqualTo(Rcode.SERVFAIL);
    }

    @Test
    void whatIsNoQuestionIsRefusedAndAnAnswerIsIgnored() throws IOException {
        byte[] malformed = query("web.default.svc.cluster.local", Type.A).toWire();
        assertThat(udp(Arrays.copyOf(malformed, malformed.length - 3)).getRcode())
                .isEqualTo(Rcode.FORMERR);
        assertThat(udp(query("cluster.local", Type.AXFR).toWire()).getRcode()).isEqualTo(Rcode.REFUSED);
        Message answer = query("web.default.svc.cluster.local", Type.A);
        answer.getHeader().setFlag(Flags.QR);
        try (DatagramChannel channel = client()) {
            channel.send(ByteBuffer.wrap(answer.toWire()), new InetSocketAddress(US, 53));
            channel.send(ByteBuffer.wrap(new byte[] {1, 2, 3}), new InetSocketAddress(US, 53));
            Message query = query("web.default.svc.cluster.local", Type.A);
            channel.send(ByteBuffer.wrap(query.toWire()), new InetSocketAddress(US, 53));
            assertThat(receive(channel).getHeader().getID())
                    .isEqualTo(query.getHeader().getID());
        }
    }

    @Test
    void manyQuestionsAreAnswered() throws IOException {
        List<Long> nanos = new ArrayList<>();
        try (DatagramChannel channel = client()) {
            byte[] query = query("web.default.svc.cluster.local", Type.A).toWire();
            for (int i = 0; i < 3000; i++) {
                long start = System.nanoTime();
                channel.send(ByteBuffer.wrap(query), new InetSocketAddress(US, 53));
                assertThat(receive(channel).getRcode()).isEqualTo(Rcode.NOERROR);
                nanos.add(System.nanoTime() - start);
            }
        }
        List<Long> sorted = nanos.stream().sorted().toList();
        log.info(
                "a name of the cluster: median {} µs, 99th percentile {} µs, with the client",
                TimeUnit.NANOSECONDS.toMicros(sorted.get(sorted.size() / 2)),
                TimeUnit.NANOSECONDS.toMicros(sorted.get(sorted.size() * 99 / 100)));
    }

    private static Message query(String name, int type) {
        return Message.newQuery(Record.newRecord(ClusterNames.absolute(name), type, DClass.IN));
    }

    private static List<String> answers(Message message) {
        return message.getSection(Section.ANSWER).stream()
                .map(Record::rdataToString)
                .toList();
    }

    private DatagramChannel client() throws IOException {
        return host.call(() -> DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(0)));
    }

    private Message udp(byte[] request) throws IOException {
        try (DatagramChannel channel = client()) {
            channel.send(ByteBuffer.wrap(request), new InetSocketAddress(US, 53));
            return receive(channel);
        }
    }

    private static Message receive(DatagramChannel channel) throws IOException {
        channel.socket().setSoTimeout(10_000);
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        channel.socket().receive(packet);
        return new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
    }

    private Message tcp(byte[] request) throws IOException {
        try (SocketChannel channel = host.call(() -> SocketChannel.open(StandardProtocolFamily.INET))) {
            channel.socket().connect(new InetSocketAddress(US, 53), 5000);
            channel.socket().setSoTimeout(10_000);
            ByteBuffer framed = ByteBuffer.allocate(request.length + 2)
                    .putShort((short) request.length)
                    .put(request);
            channel.socket().getOutputStream().write(framed.array());
            DataInputStream in = new DataInputStream(channel.socket().getInputStream());
            return new Message(in.readNBytes(in.readUnsignedShort()));
        }
    }
}
