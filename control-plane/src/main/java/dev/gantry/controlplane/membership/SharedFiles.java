package dev.gantry.controlplane.membership;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.Pem;
import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.coordination.ReplicaName;
import dev.gantry.controlplane.coordination.StoreConfig;
import dev.gantry.controlplane.identity.ClusterAuthority;
import dev.gantry.controlplane.zookeeper.MemberFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Files of a state directory that all control planes of a cluster have alike: its authority, the store's credential and keys, the authority of the
 * quorum, and its shape. They are given to one that joins, once, and make it what it is. All of them are private (mode 0600).
 */
final class SharedFiles {
    private static final CrashPoint BEGUN = CrashPoint.of("controlplane.join-begun");
    private static final CrashPoint SECRETS_WRITTEN = CrashPoint.of("controlplane.secrets-written");
    private static final CrashPoint JOINED = CrashPoint.of("controlplane.joined");
    private static final String QUORUM_AUTHORITY = "pki/quorum.pem";
    private static final Duration VALIDITY = Duration.ofDays(3650);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path state;
    private final List<String> secrets;

    SharedFiles(Path state) {
        this.state = requireNonNull(state, "state is null");
        StoreConfig store = StoreConfig.embedded(state);
        this.secrets = Stream.of(ClusterAuthority.file(state), store.credential(), store.encryptionKeys(), quorumFile())
                .map(file -> state.relativize(file).toString())
                .toList();
    }

    private Path quorumFile() {
        return state.resolve(QUORUM_AUTHORITY);
    }

    MemberFiles member() {
        return StoreConfig.embedded(state).member();
    }

    /** The replica's name, made when it has none. */
    String replica() throws IOException {
        return ReplicaName.openOrCreate(state);
    }

    /** The shape of the cluster that this control plane has joined; empty for the first one of a cluster. */
    Optional<ClusterShape> shape() throws IOException {
        return Files.exists(shapeFile())
                ? Optional.of(JSON.readValue(shapeFile().toFile(), ClusterShape.class))
                : Optional.empty();
    }

    /** Before anything of another cluster is taken. @throws ConfigurationException for a state directory with a cluster of its own */
    void begin() throws IOException {
        if (Files.exists(ClusterAuthority.file(state)) && !Files.exists(begunFile())) {
            throw new ConfigurationException(
                    "%s holds a cluster of its own: 'gantry down --purge' removes it, then join".formatted(state));
        }
        PrivateFile.createDirectories(state);
        PrivateFile.write(begunFile(), new byte[0]);
        BEGUN.reach();
    }

    /** Everything that another control plane needs, by the file's name. The quorum's authority is made when there is none. */
    Map<String, String> secrets(Clock clock) throws IOException {
        quorumAuthority(clock);
        Map<String, String> contents = new LinkedHashMap<>();
        for (String name : secrets) {
            contents.put(name, new String(PrivateFile.read(state.resolve(name)), US_ASCII));
        }
        return contents;
    }

    /** What {@link #secrets} gave elsewhere. @throws IOException also when one is missing */
    void take(Map<String, String> contents) throws IOException {
        for (String name : secrets) {
            String content = contents.get(name);
            if (content == null || content.isBlank()) {
                throw new IOException("the control plane's answer lacks " + name + ": it may be of another version");
            }
            PrivateFile.write(state.resolve(name), content.getBytes(US_ASCII));
        }
        SECRETS_WRITTEN.reach();
    }

    /** The last step of a join. */
    void joined(ClusterShape shape) throws IOException {
        PrivateFile.write(shapeFile(), JSON.writeValueAsBytes(shape));
        JOINED.reach();
    }

    CertificateAuthority quorumAuthority(Clock clock) throws IOException {
        Path file = quorumFile();
        if (!Files.exists(file)) {
            CertificateAuthority made = CertificateAuthority.create("gantry quorum", VALIDITY, clock);
            PrivateFile.write(file, (Pem.encode(made.key()) + Pem.encode(made.certificate())).getBytes(US_ASCII));
        }
        String text = new String(PrivateFile.read(file), US_ASCII);
        try {
            return new CertificateAuthority(Pem.certificates(text).getFirst(), Pem.privateKey(text), clock);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "%s is no authority (%s): restore it from a backup".formatted(file, e.getMessage()), e);
        }
    }

    private Path shapeFile() {
        return state.resolve("cluster.json");
    }

    private Path begunFile() {
        return state.resolve("joining");
    }
}
