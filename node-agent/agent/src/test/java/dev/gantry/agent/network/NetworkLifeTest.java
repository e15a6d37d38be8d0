package dev.gantry.agent.network;

import static dev.gantry.agent.network.TestHost.SETTINGS;
import static dev.gantry.agent.network.TestHost.endpoint;
import static dev.gantry.agent.network.TestHost.service;
import static dev.gantry.agent.network.TestHost.who;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.NodeNetwork.Settings;
import dev.gantry.agent.network.PodNetwork.HostPort;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.agent.network.TestHost.Pod;
import dev.gantry.agent.state.StateFile;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
class NetworkLifeTest {
    private static final Logger log = LoggerFactory.getLogger(NetworkLifeTest.class);
    private static final String SERVICE = "10.96.3.4";

    @TempDir
    private Path state;

    private TestHost host;

    @BeforeEach
    void setUp() throws IOException {
        host = new TestHost(state, 2);
    }

    @AfterEach
    void tearDown() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void everythingIsUndone() throws Exception {
        // a new namespace begins as the host is, which may forward
        host.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward");
        host.run("nft", "add table ip other; add chain ip other c { type filter hook input priority 0; }");
        List<String> before = host.picture();
        assertThat(before).contains("./ipv4/ip_forward:0", "table ip other {");
        host.node().configure(SETTINGS);
        Pod pod = host.pod("one", new HostPort("", 8443, 8080, Transport.TCP));
        host.pods().attach("two", false, List.of());
        host.services(service("web", SERVICE, 80, 30080, endpoint(pod, 8080)));
        assertThat(host.picture()).contains("./ipv4/ip_forward:1", "table ip gantry {");
        pod.network().close();

        host.node().tearDown();

        assertThat(host.picture()).isEqualTo(before);
        assertThat(host.holder.list()).isEmpty();
        assertThat(stateFiles()).isEmpty();
        host.node().tearDown();
        assertThat(host.picture()).isEqualTo(before);
    }

    @Test
    void anotherAgentUndoesWhatAKilledOneHasDone() throws Exception {
        List<String> before = host.picture();
        host.node().configure(SETTINGS);
        Pod pod = host.pod("one", new HostPort("", 8443, 8080, Transport.TCP));
        host.services(service("web", SERVICE, 80, 30080, endpoint(pod, 8080)));
        pod.network().close();
        host.restartAgent();

        host.node().tearDown();

        assertThat(host.picture()).isEqualTo(before);
        assertThat(stateFiles()).isEmpty();
    }

    private List<Path> stateFiles() throws IOException {
        try (var files = Files.walk(state)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void aHostThatForwardsAlreadyIsLeftForwarding() throws Exception {
        host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
        host.node().configure(SETTINGS);
        assertThat(host.run("nft", "list", "ruleset")).doesNotContain("chain forward");
        host.node().tearDown();
        assertThat(host.picture()).contains("./ipv4/ip_forward:1");
    }

    @Test
    void aPodKeepsItsNetworkOverAgentsAndAttachIsIdempotent() throws Exception {
        host.node().configure(SETTINGS);
        var first = host.pods().attach("one", false, List.of());
        assertThat(host.pods().attach("one", false, List.of())).isEqualTo(first);
        var other = host.pods().attach("two", false, List.of());
        assertThat(other.address()).isNotEqualTo(first.address());

        host.restartAgent();
        assertThat(host.pods().find("one")).as("before it is configured").contains(first);
        host.node().configure(SETTINGS);
        assertThat(host.pods().attach("one", false, List.of())).isEqualTo(first);

        host.holder.release("one");
        assertThat(host.pods().find("one")).isEmpty();
        assertThat(host.pods().attach("one", false, List.of()).address())
                .as("rebuilt after its namespace was lost, as by a reboot")
                .isEqualTo(first.address());

        host.pods().detachAllBut(List.of("two"));
        assertThat(host.holder.find("one")).isEmpty();
        assertThat(host.holder.find("two")).isPresent();
        host.pods().detach("one");
    }

    @Test
    void podsOnTheHostsNetworkShareOnlyWhatIsNotOfTheNetwork() throws Exception {
        host.node().configure(SETTINGS);
        var attached = host.pods().attachToHost("one", "192.0.2.1");
        assertThat(attached.networkNamespace()).isEmpty();
        assertThat(attached.ipcNamespace()).isNotEmpty();
        assertThat(attached.address()).isEqualTo("192.0.2.1");
        host.restartAgent();
        assertThat(host.pods().findOnHost("one", "192.0.2.1")).contains(attached);
        assertThat(host.pods().findOnHost("two", "192.0.2.1")).isEmpty();
        assertThat(host.pods().attachToHost("one", "192.0.2.1")).isEqualTo(attached);
        host.pods().attachToHost("two", "192.0.2.1");
        host.pods().detachAllBut(List.of("two"));
        assertThat(host.holder.find("one")).isEmpty();
        host.pods().detach("two");
        assertThat(host.holder.find("two")).isEmpty();
    }

    @Test
    void anAgentTakesOverWithoutLosingAConnection() throws Exception {
        host.node().configure(SETTINGS);
        try (Load load = new Load(1)) {
            for (int i = 0; i < 10; i++) {
                host.restartAgent();
                host.node().configure(SETTINGS);
                host.services(load.service());
            }
            load.assertNoneFailed();
        }
    }

    /**
     * At the second try at the latest: the maps of the old ruleset are empty from the moment of the exchange on, also for the packet that is just then
     * matched against its rules.
     */
    @Test
    void otherSettingsReplaceTheRulesetWithoutLosingAConnection() throws Exception {
        host.node().configure(SETTINGS);
        try (Load load = new Load(2)) {
            for (int i = 0; i < 5; i++) {
                host.node().configure(settings("10.244.1.0/24", "cluster" + i + ".local", "10.96.0." + (20 + i)));
            }
            load.assertNoneFailed();
        }
    }

    /** Connections, one after the other, to a pod by its service, its node port and its host port. */
    private final class Load implements AutoCloseable {
        private final int tries;
        private final Pod one = host.pod("one", new HostPort("", 8443, 8080, Transport.TCP));
        private final Pod two = host.pod("two");
        private final AtomicBoolean stop = new AtomicBoolean();
        private final AtomicInteger rounds = new AtomicInteger();
        private final AtomicInteger failures = new AtomicInteger();
        private final Thread thread;

        /** @param tries after which a connection counts as failed */
        Load(int tries) throws Exception {
            this.tries = tries;
            host.serve(one.network(), 8080, "one");
            host.services(service());
            thread = Thread.ofVirtual().start(this::run);
        }

        Service service() {
            return TestHost.service("web", SERVICE, 80, 30080, endpoint(one, 8080));
        }

        private void run() {
            while (!stop.get()) {
                if (reaches(two.network(), SERVICE, 80)
                        && reaches(host.client, TestHost.ADDRESS, 30080)
                        && reaches(host.client, TestHost.ADDRESS, 8443)) {
                    rounds.incrementAndGet();
                } else {
                    failures.incrementAndGet();
                }
            }
        }

        private boolean reaches(NetworkNamespace from, String address, int port) {
            for (int attempt = 1; attempt <= tries; attempt++) {
                try {
                    if (who(from, address, port).equals("one")) {
                        return true;
                    }
                } catch (IOException e) {
                    log.warn("A connection to {}:{} failed", address, port, e);
                }
            }
            return false;
        }

        /** Ends it. */
        void assertNoneFailed() throws InterruptedException {
            close();
            log.info("{} rounds of connections, {} failed", rounds, failures);
            assertThat(rounds).hasPositiveValue();
            assertThat(failures).hasValue(0);
        }

        @Override
        public void close() throws InterruptedException {
            stop.set(true);
            thread.join();
        }
    }

    @Test
    void servicesWorkAfterARestartWithoutALeader() throws Exception {
        host.node().configure(SETTINGS);
        Pod one = host.pod("one");
        host.serve(one.network(), 8080, "one");
        host.services(service("web", SERVICE, 80, 30080, endpoint(one, 8080)));
        host.restartAgent();
        host.node().configure(SETTINGS);
        Pod later = host.pod("later");
        assertThat(who(later.network(), SERVICE, 80)).isEqualTo("one");
        assertThat(who(one.network(), SERVICE, 80)).isEqualTo("one");
    }

    @Test
    void rangesThatTheHostUsesAreRefusedWithTheFlag() throws Exception {
        host.run("ip", "route", "add", "10.96.128.0/20", "via", TestHost.CLIENT);
        assertThatThrownBy(() -> host.node().configure(SETTINGS))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "The range of services 10.96.0.0/16 overlaps with this host's route to 10.96.128.0/20 on uplink:"
                                + " choose another with --service-range");
        host.run("ip", "route", "del", "10.96.128.0/20");
        host.run("ip", "address", "add", "10.244.200.1/24", "dev", "uplink");
        assertThatThrownBy(() -> host.node().configure(SETTINGS)).hasMessageContaining("--pod-range");
        host.run("ip", "address", "del", "10.244.200.1/24", "dev", "uplink");
        assertThat(stateFiles()).isEmpty();
        host.node().configure(SETTINGS);
        assertThatThrownBy(() -> host.node().configure(settings("10.244.1.0/33", "cluster.local", "10.96.0.10")))
                .hasMessageContaining("10.244.1.0/33");
    }

    @Test
    void aPodBeforeTheSettingsIsToldSo() {
        assertThatThrownBy(() -> host.pods().attach("one", false, List.of()))
                .hasMessageContaining("has not had its settings from the control plane");
        assertThatThrownBy(() -> host.pods().attach("../one", false, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFullRangeSaysSo() throws Exception {
        host.node().configure(settings("10.244.1.0/30", "cluster.local", "10.96.0.10"));
        host.pods().attach("one", false, List.of());
        host.pods().attach("two", false, List.of());
        assertThatThrownBy(() -> host.pods().attach("three", false, List.of()))
                .hasMessage("No pod address is left on this node: all 2 of 10.244.1.0/30 are in use");
        host.pods().detach("one");
        assertThat(host.pods().attach("three", false, List.of()).address()).startsWith("10.244.1.");
    }

    @Test
    void aPodCannotSendWithAnothersAddressNorSpeakIpv6ToItsHost() throws Exception {
        host.node().configure(SETTINGS);
        Pod one = host.pod("one");
        Pod two = host.pod("two");
        host.serve(two.network(), 8080, "two");
        TestHost.run(one.network(), "ip", "address", "add", "10.244.1.99/32", "dev", "eth0");
        assertThat(TestHost.run(one.network(), "ip", "-6", "-o", "address")).doesNotContain("eth0");
        assertThat(host.run("sh", "-c", "ip -6 -o address; ip -6 route")).doesNotContain("gantry");
        try (var channel =
                one.network().call(() -> java.nio.channels.SocketChannel.open(java.net.StandardProtocolFamily.INET))) {
            channel.bind(new java.net.InetSocketAddress("10.244.1.99", 0));
            assertThatThrownBy(() -> channel.socket().connect(new java.net.InetSocketAddress(two.address(), 8080), 300))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void filesOfVersionOneAreRead() throws Exception {
        String record = "{\"podUid\":\"one\",\"address\":\"10.244.1.7\",\"link\":\"gantry0badcafe\","
                + "\"hardwareAddress\":\"02:00:00:00:00:07\",\"userNamespace\":false,"
                + "\"hostPorts\":[{\"hostAddress\":\"\",\"hostPort\":80,\"containerPort\":8080,\"transport\":\"TCP\"}],"
                + "\"attached\":true}";
        new StateFile(state.resolve("pods/one.pod"), "pod-network", 1, 1)
                .write(record.getBytes(StandardCharsets.UTF_8), StateFile.Durability.PROCESS_CRASH);
        host.restartAgent();
        host.node().configure(SETTINGS);
        assertThat(host.pods().attach("one", false, List.of()).address()).isEqualTo("10.244.1.7");
        new StateFile(state.resolve("pods/two.pod"), "pod-network", 2, 2)
                .write(new byte[0], StateFile.Durability.PROCESS_CRASH);
        host.stopAgent();
        assertThatThrownBy(() -> host.startAgent())
                .hasMessageContaining("two.pod")
                .hasMessageContaining("version 2");
        Files.delete(state.resolve("pods/two.pod"));
        host.startAgent();
    }

    private static Settings settings(String podRange, String domain, String dnsAddress) {
        return new Settings(podRange, "10.244.0.0/16", "10.96.0.0/16", dnsAddress, domain, 30000, 32767);
    }

    @Test
    void manyPodsComeAtOnce() throws Exception {
        host.node().configure(SETTINGS);
        AtomicInteger failures = new AtomicInteger();
        List<Thread> threads = java.util.stream.IntStream.range(0, 60)
                .mapToObj(i -> Thread.ofVirtual().start(() -> {
                    try {
                        host.pods().attach("pod-" + i, false, List.of());
                    } catch (IOException e) {
                        log.error("A pod got no network", e);
                        failures.incrementAndGet();
                    }
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).hasValue(0);
        Pod first = host.pod("pod-0");
        Pod last = host.pod("pod-59");
        host.serve(last.network(), 8080, "last");
        assertThat(who(first.network(), last.address(), 8080)).isEqualTo("last");
        assertThat(host.run("ip", "route").lines().filter(line -> line.contains("dev gantry")))
                .hasSize(60);
        try (NetworkNamespace again = NetworkNamespace.open(
                Path.of(host.pods().attach("pod-1", false, List.of()).networkNamespace()))) {
            assertThat(who(again, last.address(), 8080)).isEqualTo("last");
        }
    }
}
