package dev.gantry.agent.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.common.identity.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * Who this host is in which cluster: what joining gave it. Kept in one file, so that key, certificate and authority always belong together.
 *
 * @param chain the node's certificate, the leaf first
 * @param authority the only one that this host trusts
 */
public record NodeIdentity(
        String clusterId, String nodeName, PrivateKey key, List<X509Certificate> chain, X509Certificate authority) {
    private static final int VERSION = 1;

    public NodeIdentity {
        requireNonNull(clusterId, "clusterId is null");
        requireNonNull(nodeName, "nodeName is null");
        requireNonNull(key, "key is null");
        requireNonNull(authority, "authority is null");
        chain = List.copyOf(chain);
    }

    /** The identity of this state directory; empty before it has joined. */
    public static Optional<NodeIdentity> load(Path stateDirectory) throws IOException {
        Optional<StateFile.Contents> contents = file(stateDirectory).read();
        if (contents.isEmpty()) {
            return Optional.empty();
        }
        // left by a join that died with its last step
        NodeJoin.keyFile(stateDirectory).delete();
        String text = new String(contents.get().body(), UTF_8);
        try {
            String[] lines = text.split("\n", 3);
            List<X509Certificate> certificates = Pem.certificates(text);
            return Optional.of(new NodeIdentity(
                    lines[0],
                    lines[1],
                    Pem.privateKey(text),
                    certificates.subList(0, certificates.size() - 1),
                    certificates.getLast()));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new IOException(
                    "%s does not hold a node's identity (%s): run gantry node reset, then join again"
                            .formatted(file(stateDirectory).path(), e.getMessage()),
                    e);
        }
    }

    /** The same host with a newer certificate. */
    NodeIdentity withChain(List<X509Certificate> newer) {
        return new NodeIdentity(clusterId, nodeName, key, newer, authority);
    }

    /** Keeps it, synced. */
    public void save(Path stateDirectory) throws IOException {
        String text = clusterId + "\n" + nodeName + "\n" + Pem.encode(key) + Pem.encode(chain) + Pem.encode(authority);
        file(stateDirectory).write(text.getBytes(UTF_8), Durability.POWER_LOSS);
    }

    static void forget(Path stateDirectory) throws IOException {
        file(stateDirectory).delete();
    }

    private static StateFile file(Path stateDirectory) {
        return new StateFile(stateDirectory.resolve("identity"), "identity", VERSION, VERSION);
    }
}
