package dev.gantry.agent.network;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.NodeNetwork.ServiceTable;
import dev.gantry.agent.network.NodeNetwork.Settings;
import dev.gantry.agent.network.PodNetwork.Attachment;
import dev.gantry.agent.network.PodNetwork.HostPort;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.Route;
import dev.gantry.linux.netlink.RouteSocket;
import dev.gantry.linux.netlink.Veth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A host in a network namespace of its own, with another machine beside it, real links and real traffic. Agents come and go; the holder and the kernel
 * stay.
 */
final class TestHost implements AutoCloseable {
    static final Settings SETTINGS =
            new Settings("10.244.1.0/24", "10.244.0.0/16", "10.96.0.0/16", "10.96.0.10", "cluster.local", 30000, 32767);
    static final String ADDRESS = "192.0.2.1";
    static final String CLIENT = "192.0.2.9";

    private static final int TIMEOUT_MILLIS = 5_000;

    final NetworkNamespace host;
    final NetworkNamespace client;
    final InMemoryNamespaceHolder holder = new InMemoryNamespaceHolder();
    final Path state;
    private final AtomicLong revisions = new AtomicLong();
    private final List<AutoCloseable> servers = new ArrayList<>();
    private LinuxNodeNetwork node;
    private RoutedPodNetwork pods;
    private final int poolSize;

    TestHost(Path state, int poolSize) throws IOException {
        assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
                "needs root: makes network namespaces");
        this.state = state;
        this.poolSize = poolSize;
        host = NetworkNamespace.create();
        client = NetworkNamespace.create();
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                routes.setUp(1);
                routes.createVeth(new Veth("uplink", "02:00:00:00:01:01", "eth0", "02:00:00:00:01:02", client, 1400));
                configure(routes, "uplink", ADDRESS, CLIENT);
            }
            return true;
        });
        client.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                routes.setUp(1);
                configure(routes, "eth0", CLIENT, ADDRESS);
            }
            return true;
        });
        // the kernel says a little later that the link carries, and its routes then read otherwise
        await().until(() -> run("ip", "-o", "link", "show", "uplink").contains("state UP"));
        startAgent();
    }

    private static void configure(RouteSocket routes, String link, String address, String gateway) throws IOException {
        int index = routes.link(link).orElseThrow().index();
        Files.writeString(Path.of("/proc/sys/net/ipv6/conf/" + link + "/disable_ipv6"), "1");
        routes.setUp(index);
        routes.addAddress(index, address, 24, RouteSocket.AddressScope.UNIVERSE);
        routes.replaceRoute(Route.main("0.0.0.0", 0, index, 3).via(gateway));
    }

    /** An agent that has not been configured. */
    void startAgent() throws IOException {
        NetworkConfig config =
                new NetworkConfig(state, NetworkConfig.DEFAULT_GATEWAY, poolSize, state.resolve("resolv.conf"));
        node = new LinuxNodeNetwork(config, host);
        pods = new RoutedPodNetwork(node, holder);
    }

    /** The agent goes away as if killed, and another one takes over. */
    void restartAgent() throws IOException {
        stopAgent();
        startAgent();
    }

    void stopAgent() {
        pods.close();
        node.close();
    }

    LinuxNodeNetwork node() {
        return node;
    }

    RoutedPodNetwork pods() {
        return pods;
    }

    Pod pod(String uid, HostPort... ports) throws IOException {
        Attachment attachment = pods.attach(uid, false, List.of(ports));
        return new Pod(attachment.address(), NetworkNamespace.open(Path.of(attachment.networkNamespace())));
    }

    /** @param network an own handle, so that it can be used until the test's end */
    record Pod(String address, NetworkNamespace network) {}

    /** Waits until the kernel holds these services. */
    void services(Service... services) throws Exception {
        CompletableFuture<Long> applied = new CompletableFuture<>();
        node.apply(new ServiceTable(revisions.incrementAndGet(), List.of(services)), applied::complete);
        applied.get(20, TimeUnit.SECONDS);
    }

    static Service service(String name, String address, int port, int nodePort, Endpoint... endpoints) {
        return service(name, address, Transport.TCP, port, nodePort, 0, endpoints);
    }

    static Service service(
            String name,
            String address,
            Transport transport,
            int port,
            int nodePort,
            int affinity,
            Endpoint... endpoints) {
        return new Service(
                "default",
                name,
                address.isEmpty() ? List.of() : List.of(address),
                List.of(new Port("main", transport, port, nodePort, List.of(endpoints))),
                "",
                false,
                affinity);
    }

    static Endpoint endpoint(Pod pod, int port) {
        return endpoint(pod.address(), port);
    }

    static Endpoint endpoint(String address, int port) {
        return new Endpoint(address, port, true, "", "", "");
    }

    /** Answers each connection with its name and who has come, and then closes it. */
    void serve(NetworkNamespace where, int port, String name) throws IOException {
        ServerSocketChannel server = where.call(() -> {
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.INET);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(new InetSocketAddress(port), 1024);
        });
        servers.add(server);
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    SocketChannel connection = server.accept();
                    Thread.ofVirtual().start(() -> greet(connection, name));
                }
            } catch (IOException e) {
                // closed at the test's end
            }
        });
    }

    private static void greet(SocketChannel connection, String name) {
        try (connection) {
            InetSocketAddress from = (InetSocketAddress) connection.getRemoteAddress();
            connection.write(ByteBuffer.wrap((name + " " + from.getAddress().getHostAddress()).getBytes(US_ASCII)));
        } catch (IOException e) {
            // the client has gone
        }
    }

    /** Echoes nothing but its name. */
    void serveUdp(NetworkNamespace where, int port, String name) throws IOException {
        DatagramChannel channel = where.call(
                () -> DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress(port)));
        servers.add(channel);
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    ByteBuffer request = ByteBuffer.allocate(100);
                    var from = channel.receive(request);
                    channel.send(ByteBuffer.wrap(name.getBytes(US_ASCII)), from);
                }
            } catch (IOException e) {
                // closed at the test's end
            }
        });
    }

    /** Connects from a namespace, and gives what the server says: its name, and where it saw us come from. */
    static String get(NetworkNamespace from, String address, int port) throws IOException {
        try (SocketChannel channel = from.call(() -> SocketChannel.open(StandardProtocolFamily.INET))) {
            channel.socket().connect(new InetSocketAddress(address, port), TIMEOUT_MILLIS);
            channel.socket().setSoTimeout(TIMEOUT_MILLIS);
            return new String(channel.socket().getInputStream().readAllBytes(), US_ASCII);
        }
    }

    /** The name alone. */
    static String who(NetworkNamespace from, String address, int port) throws IOException {
        return get(from, address, port).split(" ", -1)[0];
    }

    String run(String... command) throws IOException {
        return run(host, command);
    }

    static String run(NetworkNamespace where, String... command) throws IOException {
        return where.call(() -> {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            return new String(process.getInputStream().readAllBytes(), UTF_8);
        });
    }

    void closeServers() throws Exception {
        for (AutoCloseable server : servers) {
            server.close();
        }
        servers.clear();
    }

    /** Everything that an agent may change on its host. */
    List<String> picture() throws IOException {
        String all = run(
                "sh",
                "-c",
                "ip -o link; ip -o address; ip route show table all; ip rule; ip neigh show nud permanent; nft list ruleset;"
                        + " cd /proc/sys/net && find . -type f | sort | xargs grep -H '' 2>/dev/null");
        return all.lines().filter(line -> !line.contains("nf_conntrack_count")).toList();
    }

    @Override
    public void close() throws Exception {
        stopAgent();
        closeServers();
        holder.shutDown();
        client.close();
        host.close();
    }
}
