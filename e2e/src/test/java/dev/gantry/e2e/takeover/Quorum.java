package dev.gantry.e2e.takeover;

import dev.gantry.controlplane.zookeeper.ZooKeeperLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;

/** Three ZooKeeper servers on loopback, set up as an operator would for Gantry: requests of 4 MiB, short ticks, nobody let in without authentication. */
final class Quorum implements AutoCloseable {
    private final TestingCluster cluster;

    Quorum(Path directory) throws Exception {
        ZooKeeperLimits.install();
        for (int id = 1; id <= 3; id++) {
            Files.createDirectories(directory.resolve("zookeeper-" + id));
        }
        List<InstanceSpec> servers = IntStream.rangeClosed(1, 3)
                .mapToObj(id -> new InstanceSpec(
                        directory.resolve("zookeeper-" + id).toFile(),
                        -1,
                        -1,
                        -1,
                        true,
                        id,
                        ZooKeeperLimits.TICK_MILLIS,
                        64,
                        Map.of(),
                        "127.0.0.1"))
                .toList();
        this.cluster = new TestingCluster(servers);
        cluster.start();
    }

    String connectString() {
        return cluster.getConnectString();
    }

    @Override
    public void close() throws Exception {
        cluster.close();
    }
}
