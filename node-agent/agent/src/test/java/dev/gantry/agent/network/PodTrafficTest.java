package dev.gantry.agent.network;

import static dev.gantry.agent.network.TestHost.SETTINGS;
import static dev.gantry.agent.network.TestHost.endpoint;
import static dev.gantry.agent.network.TestHost.get;
import static dev.gantry.agent.network.TestHost.service;
import static dev.gantry.agent.network.TestHost.who;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.network.PodNetwork.HostPort;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.agent.network.TestHost.Pod;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@Tag("root")
class PodTrafficTest {
    private static final Logger log = LoggerFactory.getLogger(PodTrafficTest.class);
    private static final String SERVICE = "10.96.3.4";

    @TempDir
    private Path state;

    private TestHost host;
    private Pod one;
    private Pod two;

    @BeforeEach
    void setUp() throws IOException {
        host = new TestHost(state, 2);
        host.node().configure(SETTINGS);
        one = host.pod("one");
        two = host.pod("two");
        host.serve(one.network(), 8080, "one");
        host.serve(two.network(), 8080, "two");
    }

    @AfterEach
    void tearDown() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void podsReachEachOtherTheirHostAndTheWorldOutside() throws IOException {
        host.serve(host.host, 7000, "host");
        host.serve(host.client, 7000, "outside");

        assertThat(get(one.network(), two.address(), 8080)).isEqualTo("two " + one.address());
        assertThat(get(host.host, one.address(), 8080)).isEqualTo("one " + NetworkConfig.DEFAULT_GATEWAY);
        assertThat(get(one.network(), TestHost.ADDRESS, 7000)).isEqualTo("host " + one.address());
        assertThat(get(one.network(), TestHost.CLIENT, 7000)).isEqualTo("outside " + TestHost.ADDRESS);
        assertThat(get(one.network(), "127.0.0.1", 8080)).isEqualTo("one 127.0.0.1");
    }

    @Test
    void aServiceSpreadsConnectionsFromPodsAndFromTheHost() throws Exception {
        host.services(service("web", SERVICE, 80, 0, endpoint(one, 8080), endpoint(two, 8080)));

        assertThat(seen(one)).containsExactlyInAnyOrder("one", "two");
        assertThat(get(one.network(), SERVICE, 80))
                .containsAnyOf("two " + one.address(), "one " + NetworkConfig.DEFAULT_GATEWAY);
        Set<String> fromHost = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            fromHost.add(get(host.host, SERVICE, 80));
        }
        assertThat(fromHost)
                .containsExactlyInAnyOrder(
                        "one " + NetworkConfig.DEFAULT_GATEWAY, "two " + NetworkConfig.DEFAULT_GATEWAY);
    }

    private static Set<String> seen(Pod from) throws IOException {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            names.add(who(from.network(), SERVICE, 80));
        }
        return names;
    }

    @Test
    void aPodReachesItselfThroughItsService() throws Exception {
        host.services(service("web", SERVICE, 80, 30080, endpoint(one, 8080)));
        assertThat(get(one.network(), SERVICE, 80)).isEqualTo("one " + NetworkConfig.DEFAULT_GATEWAY);
        assertThat(who(one.network(), TestHost.ADDRESS, 30080)).isEqualTo("one");
    }

    @Test
    void nodePortsAreOnEveryAddressButLoopback() throws Exception {
        host.services(service("web", SERVICE, 80, 30080, endpoint(two, 8080)));
        assertThat(get(host.client, TestHost.ADDRESS, 30080)).isEqualTo("two " + TestHost.CLIENT);
        assertThat(who(host.host, TestHost.ADDRESS, 30080)).isEqualTo("two");
        assertThat(who(one.network(), TestHost.ADDRESS, 30080)).isEqualTo("two");
        assertThatThrownBy(() -> who(host.host, "127.0.0.1", 30080)).isInstanceOf(ConnectException.class);
    }

    @Test
    void serviceAddressesAreNotForOthers() throws Exception {
        host.services(service("web", SERVICE, 80, 0, endpoint(two, 8080)));
        host.serve(host.host, 7000, "host");
        assertThat(who(one.network(), NetworkConfig.DEFAULT_GATEWAY, 7000)).isEqualTo("host");
        for (String address : new String[] {SERVICE, NetworkConfig.DEFAULT_GATEWAY}) {
            try (SocketChannel channel = host.client.call(() -> SocketChannel.open(StandardProtocolFamily.INET))) {
                assertThatThrownBy(() -> channel.socket().connect(new InetSocketAddress(address, 80), 300))
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void aServiceWithoutEndpointsRefusesAtOnce() throws Exception {
        host.services(service("web", SERVICE, 80, 30080));
        for (int port : new int[] {80, 81}) {
            assertThatThrownBy(() -> who(one.network(), SERVICE, port)).isInstanceOf(ConnectException.class);
            assertThatThrownBy(() -> who(host.host, SERVICE, port)).isInstanceOf(ConnectException.class);
        }
        assertThatThrownBy(() -> who(host.client, TestHost.ADDRESS, 30080)).isInstanceOf(ConnectException.class);
        host.services(service("web", SERVICE, 80, 30080, endpoint(two, 8080)));
        assertThat(who(one.network(), SERVICE, 80)).isEqualTo("two");
        assertThat(who(host.client, TestHost.ADDRESS, 30080)).isEqualTo("two");
        host.services();
        assertThatThrownBy(() -> who(one.network(), SERVICE, 80)).isInstanceOf(ConnectException.class);
    }

    @Test
    void hostPortsLeadToTheirPod() throws IOException {
        Pod three = host.pod(
                "three",
                new HostPort("", 8443, 8080, Transport.TCP),
                new HostPort(TestHost.ADDRESS, 9443, 8080, Transport.TCP));
        host.serve(three.network(), 8080, "three");
        assertThat(get(host.client, TestHost.ADDRESS, 8443)).isEqualTo("three " + TestHost.CLIENT);
        assertThat(who(host.client, TestHost.ADDRESS, 9443)).isEqualTo("three");
        assertThat(who(host.host, TestHost.ADDRESS, 8443)).isEqualTo("three");
        assertThatThrownBy(() -> who(host.host, "127.0.0.1", 8443)).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> host.pod("four", new HostPort("", 9443, 1, Transport.TCP)))
                .hasMessage("Host port 9443/TCP is in use by pod three on this node");

        host.pods().detach("three");
        assertThatThrownBy(() -> who(host.client, TestHost.ADDRESS, 8443)).isInstanceOf(IOException.class);
        host.pod("four", new HostPort("", 9443, 1, Transport.TCP));
    }

    @Test
    void aClientSticksToItsEndpointWhenTheServiceSaysSo() throws Exception {
        host.services(service("web", SERVICE, Transport.TCP, 80, 30080, 600, endpoint(one, 8080), endpoint(two, 8080)));
        String first = who(two.network(), SERVICE, 80);
        for (int i = 0; i < 30; i++) {
            assertThat(who(two.network(), SERVICE, 80)).isEqualTo(first);
            assertThat(who(host.client, TestHost.ADDRESS, 30080)).isNotEmpty();
        }
    }

    @Test
    void noNewConnectionFailsWhileEndpointsChange() throws Exception {
        host.services(service("web", SERVICE, 80, 30080, endpoint(one, 8080)));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger connections = new AtomicInteger();
        Thread[] load = new Thread[4];
        AtomicInteger failures = new AtomicInteger();
        for (int i = 0; i < load.length; i++) {
            boolean fromPod = i % 2 == 0;
            load[i] = Thread.ofVirtual().start(() -> {
                while (!stop.get()) {
                    try {
                        String name = fromPod ? who(two.network(), SERVICE, 80) : who(host.host, SERVICE, 80);
                        assertThat(name).isIn("one", "two");
                        connections.incrementAndGet();
                    } catch (IOException | AssertionError e) {
                        log.error("A connection failed", e);
                        failures.incrementAndGet();
                    }
                }
            });
        }
        for (int i = 0; i < 150; i++) {
            host.services(service("web", SERVICE, 80, 30080, endpoint(one, 8080), endpoint(two, 8080)));
            host.services(service("web", SERVICE, 80, 30080, endpoint(two, 8080)));
            host.services(service("web", SERVICE, 80, 30080, endpoint(one, 8080)));
        }
        stop.set(true);
        for (Thread thread : load) {
            thread.join();
        }
        log.info("{} connections during 450 changes of endpoints, {} failed", connections, failures);
        assertThat(failures).hasValue(0);
        assertThat(connections).hasPositiveValue();
    }

    @Test
    void anEstablishedConnectionOutlivesItsEndpoint() throws Exception {
        host.services(service("web", SERVICE, 80, 0, endpoint(one, 9090)));
        try (var server = one.network()
                        .call(() -> java.nio.channels.ServerSocketChannel.open(StandardProtocolFamily.INET)
                                .bind(new InetSocketAddress(9090)));
                SocketChannel client = two.network().call(() -> SocketChannel.open(StandardProtocolFamily.INET))) {
            client.socket().connect(new InetSocketAddress(SERVICE, 80), 5000);
            try (SocketChannel accepted = server.accept()) {
                host.services(service("web", SERVICE, 80, 0, endpoint(two, 8080)));
                host.services();
                accepted.write(java.nio.ByteBuffer.wrap(new byte[] {42}));
                client.socket().setSoTimeout(5000);
                assertThat(client.socket().getInputStream().read()).isEqualTo(42);
            }
        }
    }
}
