package dev.gantry.controlplane.coordination;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.zookeeper.ExternalEnsemble;
import dev.gantry.controlplane.zookeeper.MemberFiles;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the store lies.
 *
 * @param stateDirectory of this control plane: credential, encryption keys, the replica's name, and the embedded server's data
 * @param logDirectory the embedded server's transaction log; best on a disk of its own
 * @param port of the embedded server on 127.0.0.1; 0 takes any free one
 * @param ensemble empty for the embedded server
 */
public record StoreConfig(Path stateDirectory, Path logDirectory, int port, Optional<ExternalEnsemble> ensemble) {
    public StoreConfig {
        requireNonNull(stateDirectory, "stateDirectory is null");
        requireNonNull(logDirectory, "logDirectory is null");
        requireNonNull(ensemble, "ensemble is null");
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException(
                    "port of the embedded ZooKeeper is %d, expected 0 to 65535".formatted(port));
        }
    }

    /** One server inside this process. */
    public static StoreConfig embedded(Path stateDirectory) {
        return new StoreConfig(stateDirectory, stateDirectory.resolve("zookeeper/log"), 0, Optional.empty());
    }

    /** @param members {@code host:port,…}; @throws IllegalArgumentException naming what is not so */
    public static StoreConfig external(Path stateDirectory, String members) {
        return new StoreConfig(
                stateDirectory,
                stateDirectory.resolve("zookeeper/log"),
                0,
                Optional.of(ExternalEnsemble.parse(members)));
    }

    Path snapshotDirectory() {
        return stateDirectory.resolve("zookeeper/snapshots");
    }

    /** What makes the embedded server a member of a quorum. */
    public MemberFiles member() {
        return new MemberFiles(stateDirectory.resolve("zookeeper/member"));
    }

    public Path credential() {
        return stateDirectory.resolve("store.credential");
    }

    public Path encryptionKeys() {
        return stateDirectory.resolve("store.keys");
    }

    Path lock() {
        return stateDirectory.resolve("store.lock");
    }
}
