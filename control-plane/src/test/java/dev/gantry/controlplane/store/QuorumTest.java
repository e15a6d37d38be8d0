package dev.gantry.controlplane.store;

import static dev.gantry.controlplane.store.ObjectStoreContract.GROUP;
import static dev.gantry.controlplane.store.ObjectStoreContract.RESOURCE;
import static dev.gantry.controlplane.store.ObjectStoreContract.json;
import static dev.gantry.controlplane.store.ObjectStoreContract.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.controlplane.zookeeper.ExternalEnsemble;
import dev.gantry.controlplane.zookeeper.StoreCredential;
import dev.gantry.controlplane.zookeeper.ZooKeeperLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.curator.test.TestingZooKeeperServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An ensemble of three, of which one dies, each in turn. */
final class QuorumTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void goesOnWhileAMajorityLives() throws Exception {
        ZooKeeperLimits.install();
        try (TestingCluster cluster = new TestingCluster(servers())) {
            cluster.start();
            ExternalEnsemble ensemble = ExternalEnsemble.parse(cluster.getConnectString());
            ensemble.checkMembers();
            StoreCredential credential = StoreCredential.random();
            try (Store one = Store.open(options(ensemble, credential, "one"));
                    Store two = Store.open(options(ensemble, credential, "two"))) {
                ConcurrentSkipListSet<String> acknowledged = new ConcurrentSkipListSet<>();
                ConcurrentSkipListSet<String> doubtful = new ConcurrentSkipListSet<>();
                int round = 0;
                for (TestingZooKeeperServer server : cluster.getServers()) {
                    String before = "round-%d-before".formatted(round);
                    write(one, before, acknowledged, doubtful);
                    server.kill();
                    String after = "round-%d-after".formatted(round++);
                    await("a write is taken by the two that are left")
                            .atMost(PATIENCE)
                            .until(() -> write(two, after, acknowledged, doubtful));
                    one.cache().awaitRevision(two.cache().revision(), PATIENCE);
                    server.restart();
                    await("both have a session").atMost(PATIENCE).until(() -> one.isCurrent() && two.isCurrent());
                }
                one.cache().awaitCurrent(PATIENCE);
                two.cache().awaitCurrent(PATIENCE);
                assertThat(names(one)).isEqualTo(names(two)).containsAll(acknowledged);
                TreeSet<String> unknown = new TreeSet<>(names(one));
                unknown.removeAll(acknowledged);
                assertThat(doubtful).containsAll(unknown);
            }
        }
    }

    /** @return whether it is there: acknowledged, or found to have been written by an earlier try */
    private static boolean write(
            Store store,
            String name,
            ConcurrentSkipListSet<String> acknowledged,
            ConcurrentSkipListSet<String> doubtful) {
        try {
            store.objects().write(new Write.Create(key(name), "uid", json("{}")), null);
        } catch (StoreException.AlreadyExists e) {
            assertThat(doubtful).contains(name);
        } catch (StoreException.OutcomeUnknown e) {
            doubtful.add(name);
            return false;
        } catch (StoreException.Unavailable e) {
            return false;
        }
        acknowledged.add(name);
        return true;
    }

    private static List<String> names(Store store) {
        return store.cache().list(GROUP, RESOURCE, null).objects().stream()
                .map(object -> object.key().name())
                .toList();
    }

    private Store.Options options(ExternalEnsemble ensemble, StoreCredential credential, String replica) {
        return Store.Options.of(ensemble.connectString(), true, credential, directory.resolve("keys"), replica);
    }

    private List<InstanceSpec> servers() throws Exception {
        List<InstanceSpec> servers = new ArrayList<>();
        for (int id = 1; id <= 3; id++) {
            Path data = Files.createDirectory(directory.resolve("server-" + id));
            servers.add(new InstanceSpec(
                    data.toFile(), -1, -1, -1, false, id, ZooKeeperLimits.TICK_MILLIS, 64, Map.of(), "127.0.0.1"));
        }
        return servers;
    }
}
