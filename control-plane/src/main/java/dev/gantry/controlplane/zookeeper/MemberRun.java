package dev.gantry.controlplane.zookeeper;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import javax.security.sasl.SaslException;
import org.apache.zookeeper.server.admin.AdminServer.AdminServerException;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig.ConfigException;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;

/** A life of the embedded server as a member of a quorum. */
final class MemberRun extends QuorumPeerMain implements Run {
    private final Path configuration;
    private volatile Runnable started = () -> {};

    MemberRun(Path configuration) {
        this.configuration = requireNonNull(configuration, "configuration is null");
    }

    @Override
    public void run(Runnable onStarted) throws IOException {
        started = requireNonNull(onStarted, "onStarted is null");
        QuorumPeerConfig config = new QuorumPeerConfig();
        try {
            config.parse(configuration.toString());
            runFromConfig(config);
        } catch (ConfigException e) {
            throw new IOException("%s is not as ZooKeeper takes it: %s".formatted(configuration, e.getMessage()), e);
        } catch (AdminServerException e) {
            throw new IOException("ZooKeeper's admin server is disabled but failed", e);
        }
    }

    /** A member without a quorum takes nobody's requests, but it runs: whether it serves is the client's to find out. */
    @Override
    protected QuorumPeer getQuorumPeer() throws SaslException {
        return new QuorumPeer() {
            @Override
            public synchronized void start() {
                super.start();
                started.run();
            }
        };
    }
}
