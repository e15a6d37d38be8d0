package dev.gantry.controlplane.store;

import static org.assertj.core.api.Assertions.fail;

import dev.gantry.controlplane.zookeeper.EmbeddedZooKeeper;
import dev.gantry.controlplane.zookeeper.MemberFiles;
import dev.gantry.controlplane.zookeeper.StoreCredential;
import dev.gantry.controlplane.zookeeper.ZooKeeperLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/** A real server of the test's own, with a subtree for each store that a test asks for, and a clock that it moves. */
final class TestEnsemble implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final AtomicInteger roots = new AtomicInteger();
    private final AtomicLong skippedNanos = new AtomicLong();
    private final Path directory;
    private final EmbeddedZooKeeper server;
    private final StoreCredential credential;

    TestEnsemble(Path directory) throws IOException {
        this.directory = directory;
        this.server = EmbeddedZooKeeper.start(
                directory.resolve("snapshots"),
                directory.resolve("log"),
                0,
                new MemberFiles(directory.resolve("member")));
        this.credential = StoreCredential.open(directory.resolve("credential"));
    }

    /** The path of a new, empty subtree. */
    String newRoot() {
        String root = "/root-" + roots.incrementAndGet();
        try (ZooKeeper client = client()) {
            client.create(root, new byte[0], credential.acl(), CreateMode.PERSISTENT);
        } catch (KeeperException e) {
            fail("no root was made", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return root;
    }

    /** A client with the credential, connected. */
    ZooKeeper client() {
        return connect(server.connectString(), credential);
    }

    static ZooKeeper connect(String address, StoreCredential credential) {
        CountDownLatch connected = new CountDownLatch(1);
        try {
            ZooKeeper client = new ZooKeeper(
                    address,
                    4000,
                    event -> {
                        if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                            connected.countDown();
                        }
                    },
                    ZooKeeperLimits.clientConfig());
            client.addAuthInfo(StoreCredential.SCHEME, credential.authentication());
            if (!connected.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                fail("no connection to %s".formatted(address));
            }
            return client;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("no connection to " + address, e);
        }
    }

    Store open(String root, String replica) {
        return open(server.connectString(), root, replica, this::connection);
    }

    Store open(String root, String replica, Function<Store.Options, Connection> connections) {
        return open(server.connectString(), root, replica, connections);
    }

    /** Through another address, such as a relay's. */
    Store openAt(String address, String root, String replica) {
        return open(address, root, replica, this::connection);
    }

    Store open(String address, String root, String replica, Function<Store.Options, Connection> connections) {
        Store.Options options = Store.Options.of(address + root, true, credential, directory.resolve("keys"), replica)
                .withTuning(new Store.Tuning(
                        EventRing.Limits.DEFAULT,
                        () -> System.nanoTime() + skippedNanos.get(),
                        Duration.ofMinutes(9),
                        new ZooKeeperObjectStore.Timeouts(Duration.ofSeconds(8), Duration.ofMillis(200)),
                        connections));
        try {
            return Store.open(options);
        } catch (IOException e) {
            throw new AssertionError("the store was not opened", e);
        }
    }

    void skip(Duration time) {
        skippedNanos.addAndGet(time.toNanos());
    }

    String address() {
        return server.connectString();
    }

    EmbeddedZooKeeper server() {
        return server;
    }

    @Override
    public void close() {
        server.close();
    }

    private Connection connection(Store.Options options) {
        return new Connection(options.connectString(), options.credential(), Duration.ofSeconds(4));
    }
}
