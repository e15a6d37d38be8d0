package dev.gantry.controlplane.zookeeper;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.apache.zookeeper.server.ServerConfig;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.apache.zookeeper.server.admin.AdminServer.AdminServerException;
import org.jspecify.annotations.Nullable;

/** A life of the embedded server alone. */
final class ServerRun extends ZooKeeperServerMain implements Run {
    private final Settings settings;
    private @Nullable Runnable onStarted;

    ServerRun(Path snapshots, Path logs, InetSocketAddress address) {
        this.settings = new Settings(snapshots, logs, address);
    }

    @Override
    public void run(Runnable started) throws IOException {
        onStarted = requireNonNull(started, "started is null");
        try {
            runFromConfig(settings);
        } catch (AdminServerException e) {
            throw new IOException("ZooKeeper's admin server is disabled but failed", e);
        }
    }

    @Override
    protected void serverStarted() {
        requireNonNull(onStarted, "onStarted is null").run();
    }

    private static final class Settings extends ServerConfig {
        Settings(Path snapshots, Path logs, InetSocketAddress address) {
            clientPortAddress = address;
            dataDir = snapshots.toFile();
            dataLogDir = logs.toFile();
            tickTime = ZooKeeperLimits.TICK_MILLIS;
            maxClientCnxns = 64;
            minSessionTimeout = -1;
            maxSessionTimeout = -1;
        }
    }
}
