package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.store.Znodes.Znode;
import java.time.Duration;
import java.util.Optional;
import org.apache.zookeeper.ZooKeeper;

/** Epochs as versions of {@code /gantry/leader}, raised by the base in {@code /gantry/meta}. */
final class ZooKeeperEpochs implements Epochs {
    private static final CrashPoint EPOCH_BEGUN = CrashPoint.of("leader.epoch-begun");

    private final Connection connection;
    private final Znodes znodes;
    private final ReplicatedCache cache;
    private final CacheFeed feed;
    private final long epochBase;

    ZooKeeperEpochs(Connection connection, Znodes znodes, ReplicatedCache cache, CacheFeed feed, long epochBase) {
        this.connection = requireNonNull(connection, "connection is null");
        this.znodes = requireNonNull(znodes, "znodes is null");
        this.cache = requireNonNull(cache, "cache is null");
        this.feed = requireNonNull(feed, "feed is null");
        this.epochBase = epochBase;
    }

    @Override
    public Epoch current() {
        Znode leader = znodes.readSynced(StorePaths.LEADER)
                .orElseThrow(() -> new IllegalStateException("%s is gone".formatted(StorePaths.LEADER)));
        return new Epoch(epochBase + leader.stat().getVersion(), leader.data());
    }

    @Override
    public Optional<Epoch> begin(Epoch last, byte[] holder) {
        Optional<Integer> version = znodes.set(StorePaths.LEADER, holder, Math.toIntExact(last.number() - epochBase));
        EPOCH_BEGUN.reach();
        return version.map(begun -> new Epoch(epochBase + begun, holder));
    }

    @Override
    public boolean isRegistered(String replica) {
        return znodes.readSynced(StorePaths.REPLICAS + "/" + replica).isPresent();
    }

    @Override
    public void awaitBarrier(Duration timeout) {
        cache.awaitBarrier(timeout);
    }

    @Override
    public boolean connected() {
        return connection.connected();
    }

    @Override
    public void listen(ConnectionListener listener) {
        feed.onLeadershipChange(listener::changed);
        connection.listen(new Connection.Listener() {
            @Override
            public void connected(ZooKeeper handle) {
                listener.connected();
            }

            @Override
            public void suspended() {
                listener.suspended();
            }

            @Override
            public void lost() {
                listener.lost();
            }
        });
    }
}
