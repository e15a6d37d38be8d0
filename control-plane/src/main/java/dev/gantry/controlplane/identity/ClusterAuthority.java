package dev.gantry.controlplane.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateAuthority.Purpose;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Pem;
import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.identity.Subject;
import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * The cluster's authority, kept in the state directory of each control plane: one file, mode 0600, with the key and its certificate, so that the two can
 * never be of different authorities. Safe for use by many threads.
 */
public final class ClusterAuthority {
    private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(3650);
    private static final Duration LEAF_VALIDITY = Duration.ofDays(365);

    private final CertificateAuthority authority;

    public ClusterAuthority(CertificateAuthority authority) {
        this.authority = requireNonNull(authority, "authority is null");
    }

    /**
     * The authority of this state directory; a new one when it has none.
     *
     * @throws ConfigurationException when others may read the file, or it holds something else
     */
    public static ClusterAuthority openOrCreate(Path stateDirectory, Clock clock) throws IOException {
        Path file = file(stateDirectory);
        if (Files.exists(file)) {
            return new ClusterAuthority(read(file, clock));
        }
        CertificateAuthority authority = CertificateAuthority.create("gantry", AUTHORITY_VALIDITY, clock);
        PrivateFile.write(file, (Pem.encode(authority.key()) + Pem.encode(authority.certificate())).getBytes(US_ASCII));
        return new ClusterAuthority(authority);
    }

    /** Where a state directory has it. */
    public static Path file(Path stateDirectory) {
        return stateDirectory.resolve("pki/authority.pem");
    }

    private static CertificateAuthority read(Path file, Clock clock) throws IOException {
        try {
            String text = new String(PrivateFile.read(file), US_ASCII);
            return new CertificateAuthority(Pem.certificates(text).getFirst(), Pem.privateKey(text), clock);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "%s is not an authority of Gantry (%s): restore it from a backup; every node trusts its key"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    public X509Certificate certificate() {
        return authority.certificate();
    }

    /** What join tokens and agents pin. */
    public String fingerprint() {
        return Keys.fingerprint(certificate().getPublicKey());
    }

    /**
     * A new server certificate, valid for a year; made at each start, never stored.
     *
     * @param names host names and addresses that clients dial
     */
    public KeyMaterial server(List<String> names) {
        KeyPair keys = Keys.generate();
        return material(
                keys,
                authority.issue(
                        keys.getPublic(),
                        new Subject("gantry-control-plane", List.of(Subject.CONTROL_PLANES)),
                        Purpose.SERVER,
                        names,
                        LEAF_VALIDITY));
    }

    /** A new client certificate with which this control plane asks others, valid for a year; made at each start, never stored. */
    public KeyMaterial controlPlaneClient() {
        return client(new Subject("gantry-control-plane", List.of(Subject.CONTROL_PLANES)));
    }

    /** A new client certificate of an administrator, valid for a year. */
    public KeyMaterial administrator() {
        return client(new Subject("gantry:administrator", List.of(Subject.ADMINISTRATORS)));
    }

    private KeyMaterial client(Subject subject) {
        KeyPair keys = Keys.generate();
        return material(keys, authority.issue(keys.getPublic(), subject, Purpose.CLIENT, List.of(), LEAF_VALIDITY));
    }

    /** The client certificate of a node, valid for a year. The subject is decided here, whatever the node asked for. */
    public X509Certificate node(String nodeName, PublicKey key) {
        return authority.issue(key, Subject.ofNode(nodeName), Purpose.CLIENT, List.of(), LEAF_VALIDITY);
    }

    private KeyMaterial material(KeyPair keys, X509Certificate leaf) {
        return new KeyMaterial(keys.getPrivate(), List.of(leaf, certificate()));
    }

    /**
     * A private key and its chain.
     *
     * @param chain the leaf, then the authority, so that a host that knows only the authority's fingerprint can verify it
     */
    public record KeyMaterial(PrivateKey key, List<X509Certificate> chain) {
        public KeyMaterial {
            requireNonNull(key, "key is null");
            chain = List.copyOf(chain);
        }
    }
}
