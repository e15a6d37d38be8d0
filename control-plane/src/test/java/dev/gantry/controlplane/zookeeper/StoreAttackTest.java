package dev.gantry.controlplane.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.controlplane.coordination.StoreConfig;
import dev.gantry.controlplane.coordination.StoreService;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.Write;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody on the host tries who knows the port of the embedded server and not the credential. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StoreAttackTest {
    private static final String SECRET = "/gantry/objects/-/secrets/default/s";

    private StoreService service;
    private int port;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        StoreConfig embedded = StoreConfig.embedded(directory);
        service = StoreService.open(
                new StoreConfig(embedded.stateDirectory(), embedded.logDirectory(), port, embedded.ensemble()));
        service.objects()
                .write(
                        new Write.Create(
                                new ObjectKey("", "secrets", "default", "s"), "uid", "{\"x\":1}".getBytes(UTF_8)),
                        null);
    }

    @AfterAll
    void stop() {
        service.close();
    }

    /** Its session is closed before it is told anything. */
    @Test
    void aPlainClientIsToldNothing() throws Exception {
        try (Client client = new Client(null)) {
            assertThatThrownBy(() -> client.session.getChildren("/gantry", false))
                    .isInstanceOf(KeeperException.class);
            assertThatThrownBy(() -> client.session.getChildren("/", false)).isInstanceOf(KeeperException.class);
            assertThatThrownBy(() -> client.session.getData(SECRET, false, null))
                    .isInstanceOf(KeeperException.class);
            assertThat(client.events).noneMatch(event -> event.getType() != EventType.None);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/gantry", "/gantry/meta", "/gantry/leader", "/gantry/objects", SECRET})
    void aClientWithAnotherCredentialGetsNoAuth(String path) throws Exception {
        try (Client client = new Client(StoreCredential.random())) {
            refused(() -> client.session.getData(path, false, null));
            refused(() -> client.session.getChildren(path, false));
            refused(() -> client.session.setData(path, new byte[0], -1));
            refused(() -> client.session.setACL(path, ZooDefs.Ids.OPEN_ACL_UNSAFE, -1));
            refused(() -> client.session.getACL(path, null));
            String child = path.equals("/") ? "/mine" : path + "/mine";
            refused(() ->
                    client.session.create(child, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
            if (!path.equals("/")) {
                refused(() -> client.session.delete(path, -1));
            }
        }
    }

    /** CVE-2024-23944: a recursive watch once told of paths that its owner may not read. */
    @Test
    void aWatchTellsNothingOfWhatMayNotBeRead() throws Exception {
        try (Client client = new Client(StoreCredential.random())) {
            client.session.addWatch("/", client.events::add, AddWatchMode.PERSISTENT_RECURSIVE);
            service.objects()
                    .write(
                            new Write.Create(
                                    new ObjectKey("", "configmaps", "default", "c"), "uid", "{}".getBytes(UTF_8)),
                            null);
            // an answer on this connection comes after all events before it
            refused(() -> client.session.getData("/gantry", false, null));
            assertThat(client.events).noneMatch(event -> event.getType() != EventType.None);
        }
    }

    @Test
    void nothingListensBeyondLoopback() throws IOException {
        List<InetAddress> addresses = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .toList();
        for (InetAddress address : addresses) {
            try (Socket socket = new Socket()) {
                assertThatThrownBy(() -> socket.connect(new InetSocketAddress(address, port), 2_000))
                        .isInstanceOf(ConnectException.class);
            }
        }
        try (Socket socket = new Socket("127.0.0.1", port)) {
            assertThat(socket.isConnected()).isTrue();
        }
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(KeeperException.NoAuthException.class);
    }

    private final class Client implements AutoCloseable {
        private final List<WatchedEvent> events = new CopyOnWriteArrayList<>();
        private final CountDownLatch connected = new CountDownLatch(1);
        private final ZooKeeper session;

        Client(@org.jspecify.annotations.Nullable StoreCredential credential) throws Exception {
            session = new ZooKeeper(
                    "127.0.0.1:" + port,
                    4_000,
                    event -> {
                        events.add(event);
                        if (event.getState() == KeeperState.SyncConnected) {
                            connected.countDown();
                        }
                    },
                    ZooKeeperLimits.clientConfig());
            if (credential != null) {
                session.addAuthInfo(StoreCredential.SCHEME, credential.authentication());
            }
            assertThat(connected.await(20, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public void close() throws InterruptedException {
            session.close();
        }
    }
}
