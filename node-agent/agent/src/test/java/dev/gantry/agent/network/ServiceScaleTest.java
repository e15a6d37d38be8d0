package dev.gantry.agent.network;

import static dev.gantry.agent.network.TestHost.SETTINGS;
import static dev.gantry.agent.network.TestHost.endpoint;
import static dev.gantry.agent.network.TestHost.service;
import static dev.gantry.agent.network.TestHost.who;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.agent.network.TestHost.Pod;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@Tag("root")
class ServiceScaleTest {
    private static final Logger log = LoggerFactory.getLogger(ServiceScaleTest.class);

    @TempDir
    private Path state;

    private TestHost host;

    @BeforeEach
    void setUp() throws IOException {
        host = new TestHost(state, 0);
        host.node().configure(SETTINGS);
    }

    @AfterEach
    void tearDown() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void oneOfFiveThousandServicesChanges() throws Exception {
        Pod one = host.pod("one");
        Pod two = host.pod("two");
        host.serve(one.network(), 8080, "one");
        host.serve(two.network(), 8080, "two");
        List<Service> services = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            services.add(service(
                    "s" + i,
                    "10.96." + (10 + i / 250) + "." + (i % 250),
                    80,
                    0,
                    endpoint(one, 8080),
                    endpoint("10.244.7.1", 8080),
                    endpoint("10.244.7.2", 8080)));
        }
        long start = System.nanoTime();
        int written = host.node().tables().apply(services);
        log.info(
                "5,000 services, {} elements: {} ms",
                written,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        List<Long> micros = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            services.set(4000, service("s4000", "10.96.26.0", 80, 0, endpoint(i % 2 == 0 ? two : one, 8080)));
            start = System.nanoTime();
            assertThat(host.node().tables().apply(services)).isLessThan(50);
            micros.add(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start));
            assertThat(who(host.host, "10.96.26.0", 80)).isEqualTo(i % 2 == 0 ? "two" : "one");
        }
        log.info(
                "one of them changes: median {} µs, worst {} µs",
                micros.stream().sorted().toList().get(50),
                micros.stream().max(Long::compare).orElseThrow());
    }

    @Test
    void anAgentLoadsAnotherRulesetWithManyServicesAtOnce() throws Exception {
        List<Service> services = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            services.add(
                    service("s" + i, "10.96." + (10 + i / 250) + "." + (i % 250), 80, 0, endpoint("10.244.7.1", 8080)));
        }
        host.services(services.toArray(Service[]::new));
        long start = System.nanoTime();
        host.node()
                .configure(new NodeNetwork.Settings(
                        "10.244.1.0/24", "10.244.0.0/16", "10.96.0.0/16", "10.96.0.11", "cluster.local", 30000, 32767));
        log.info(
                "another ruleset with 2,000 services: {} ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        assertThat(host.run("nft", "list", "map", "ip", "gantry", "services").split("goto", -1))
                .hasSize(2001);
    }

    @Test
    void aUdpClientLeavesAnEndpointThatHasGone() throws Exception {
        Pod one = host.pod("one");
        Pod two = host.pod("two");
        host.serveUdp(one.network(), 5353, "one");
        host.serveUdp(two.network(), 5353, "two");
        Pod client = host.pod("client");
        host.services(udp(endpoint(one, 5353)));
        try (DatagramChannel channel = client.network()
                .call(() -> DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(0)))) {
            assertThat(ask(channel)).isEqualTo("one");
            host.services(udp(endpoint(one, 5353), endpoint(two, 5353)));
            assertThat(ask(channel)).as("its endpoint is still there").isEqualTo("one");
            host.services(udp(endpoint(two, 5353)));
            assertThat(ask(channel)).isEqualTo("two");
        }
    }

    @Test
    void aTcpClientThatIsNotAnsweredYetLeavesAnEndpointThatHasGone() throws Exception {
        Pod silent = host.pod("silent");
        Pod two = host.pod("two");
        Pod client = host.pod("client");
        TestHost.run(
                silent.network(),
                "nft",
                "add table ip t; add chain ip t c { type filter hook input priority 0; policy drop; }");
        host.serve(two.network(), 8080, "two");
        host.services(service("web", "10.96.9.8", 80, 0, endpoint(silent, 8080)));
        try (SocketChannel channel = client.network().call(() -> SocketChannel.open(StandardProtocolFamily.INET))) {
            channel.configureBlocking(false);
            channel.connect(new InetSocketAddress("10.96.9.8", 80));
            host.services(service("web", "10.96.9.8", 80, 0, endpoint(two, 8080)));

            Awaitility.await().atMost(Duration.ofSeconds(10)).until(channel::finishConnect);

            channel.configureBlocking(true);
            assertThat(new String(channel.socket().getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("two");
        }
    }

    private static Service udp(NodeNetwork.Endpoint... endpoints) {
        return service("dns", "10.96.9.9", Transport.UDP, 53, 0, 0, endpoints);
    }

    private static String ask(DatagramChannel channel) throws IOException {
        channel.socket().setSoTimeout(5000);
        channel.socket().send(new DatagramPacket(new byte[1], 1, new InetSocketAddress("10.96.9.9", 53)));
        DatagramPacket reply = new DatagramPacket(new byte[100], 100);
        channel.socket().receive(reply);
        return new String(reply.getData(), 0, reply.getLength(), java.nio.charset.StandardCharsets.US_ASCII);
    }

    @Test
    void podsAskDnsAtItsServiceAddressAndNobodyElseDoes() throws Exception {
        Pod one = host.pod("one");
        host.services(service("web", "10.96.3.4", 80, 0, endpoint(one, 8080)));
        for (var from : List.of(one.network(), host.host)) {
            for (String server : List.of("10.96.0.10", NetworkConfig.DEFAULT_GATEWAY)) {
                assertThat(resolve(from, server)).isEqualTo("10.96.3.4");
            }
        }
        for (String server : List.of("10.96.0.10", NetworkConfig.DEFAULT_GATEWAY, TestHost.ADDRESS)) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> resolve(host.client, server)))
                    .isInstanceOf(IOException.class);
        }
    }

    private static String resolve(dev.gantry.linux.netlink.NetworkNamespace from, String server) throws IOException {
        var question = org.xbill.DNS.Record.newRecord(
                org.xbill.DNS.Name.fromString("web.default.svc.cluster.local."),
                org.xbill.DNS.Type.A,
                org.xbill.DNS.DClass.IN);
        try (DatagramChannel channel = from.call(
                () -> DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(0)))) {
            byte[] query = org.xbill.DNS.Message.newQuery(question).toWire();
            channel.socket().setSoTimeout(500);
            channel.socket().send(new DatagramPacket(query, query.length, new InetSocketAddress(server, 53)));
            DatagramPacket reply = new DatagramPacket(new byte[600], 600);
            channel.socket().receive(reply);
            var message = new org.xbill.DNS.Message(java.util.Arrays.copyOf(reply.getData(), reply.getLength()));
            return message.getSection(org.xbill.DNS.Section.ANSWER).getFirst().rdataToString();
        }
    }
}
