package dev.gantry.agent.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Pem;
import dev.gantry.wire.node.v1.JoinRequest;
import dev.gantry.wire.node.v1.JoinResponse;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Makes this host a node: a key of its own, a certificate from the cluster's authority. The key is on disk before it is shown to anyone, so that a join
 * whose answer was lost can be made again.
 */
public final class NodeJoin {
    private static final CrashPoint KEY_PERSISTED = CrashPoint.of("join.key-persisted");
    private static final CrashPoint IDENTITY_PERSISTED = CrashPoint.of("join.identity-persisted");
    private static final int VERSION = 1;
    private static final long DEADLINE_SECONDS = 15;

    private final Path stateDirectory;

    public NodeJoin(Path stateDirectory) {
        this.stateDirectory = requireNonNull(stateDirectory, "stateDirectory is null");
    }

    /**
     * Joins at the first control plane that answers, and keeps the identity.
     *
     * @param addresses host:port of control planes
     * @throws JoinRefusedException when a control plane has refused: asking again would bring the same answer
     * @throws IOException with a sentence for the operator: why, and what to do
     */
    public NodeIdentity join(JoinToken token, List<String> addresses, String nodeName) throws IOException {
        Optional<NodeIdentity> existing = NodeIdentity.load(stateDirectory);
        if (existing.isPresent()) {
            throw new IOException("this host is already node %s of cluster %s; to leave it run: gantry node reset"
                    .formatted(existing.get().nodeName(), existing.get().clusterId()));
        }
        KeyPair keys = keys();
        JoinRequest request = JoinRequest.newBuilder()
                .setTokenId(token.id())
                .setTokenSecret(token.secret())
                .setNodeName(nodeName)
                .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(keys, nodeName)))
                .build();
        IOException failure = new IOException("no control plane to join at; name one with --control-plane HOST:PORT");
        for (String address : addresses) {
            try {
                NodeIdentity identity = identity(nodeName, keys, token, call(token, address, request));
                identity.save(stateDirectory);
                IDENTITY_PERSISTED.reach();
                keyFile(stateDirectory).delete();
                return identity;
            } catch (StatusRuntimeException e) {
                String problem = "joining at %s failed: %s".formatted(address, explain(e));
                switch (e.getStatus().getCode()) {
                    case INVALID_ARGUMENT, PERMISSION_DENIED, ALREADY_EXISTS ->
                        throw new JoinRefusedException(problem, e);
                    case UNAVAILABLE, DEADLINE_EXCEEDED -> failure = new IOException(problem, e);
                    default -> throw new IOException(problem, e);
                }
            }
        }
        throw failure;
    }

    private static JoinResponse call(JoinToken token, String address, JoinRequest request) {
        ManagedChannel channel =
                ControlPlaneChannels.pinned(token.authorityFingerprint()).open(address);
        try {
            return NodeServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                    .join(request);
        } finally {
            channel.shutdownNow();
        }
    }

    /** What was signed is checked before it is believed: the pinned authority, this key, this name. */
    private static NodeIdentity identity(String nodeName, KeyPair keys, JoinToken token, JoinResponse response)
            throws IOException {
        try {
            X509Certificate authority = Pem.certificate(response.getAuthority().toByteArray());
            List<X509Certificate> chain = response.getCertificateChainList().stream()
                    .map(der -> Pem.certificate(der.toByteArray()))
                    .toList();
            if (!Keys.fingerprint(authority.getPublicKey()).equals(token.authorityFingerprint())
                    || chain.isEmpty()
                    || !chain.getFirst().getPublicKey().equals(keys.getPublic())) {
                throw new IOException("the control plane answered with a certificate of another key or authority");
            }
            chain.getFirst().verify(authority.getPublicKey());
            return new NodeIdentity(response.getClusterId(), nodeName, keys.getPrivate(), chain, authority);
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw new IOException("the control plane answered with no usable certificate: " + e.getMessage(), e);
        }
    }

    static void forget(Path stateDirectory) throws IOException {
        keyFile(stateDirectory).delete();
    }

    private KeyPair keys() throws IOException {
        Optional<StateFile.Contents> pending = keyFile(stateDirectory).read();
        if (pending.isPresent()) {
            String text = new String(pending.get().body(), US_ASCII);
            return new KeyPair(Keys.publicKey(text.substring(0, text.indexOf('\n'))), Pem.privateKey(text));
        }
        KeyPair keys = Keys.generate();
        String text = Keys.encode(keys.getPublic()) + "\n" + Pem.encode(keys.getPrivate());
        keyFile(stateDirectory).write(text.getBytes(US_ASCII), Durability.POWER_LOSS);
        KEY_PERSISTED.reach();
        return keys;
    }

    /** The key of a join that has no answer yet. */
    static StateFile keyFile(Path stateDirectory) {
        return new StateFile(stateDirectory.resolve("join-key"), "join-key", VERSION, VERSION);
    }

    /** gRPC hides what TLS said in the causes. */
    static String explain(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException && cause.getMessage() != null) {
                return cause.getMessage();
            }
        }
        Status status = Status.fromThrowable(failure);
        String description = status.getDescription();
        Throwable cause = status.getCause();
        return (description == null ? status.getCode().name() : description)
                + (cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")");
    }
}
