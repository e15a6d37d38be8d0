package dev.gantry.agent.session;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.Pem;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.RenewRequest;
import dev.gantry.wire.node.v1.RenewResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the node's certificate good: once two thirds of its time have passed, a control plane is asked for another one of the same key, once an hour
 * until it answers. What is open stays open; what is dialled afterwards shows the new one. Not safe for use by several threads.
 */
final class CertificateRenewal {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateRenewal.class);
    private static final CrashPoint RENEWED = CrashPoint.of("identity.certificate-renewed");
    private static final Duration RETRY = Duration.ofHours(1);
    private static final long DEADLINE_SECONDS = 15;

    private final Path stateDirectory;
    private final ControlPlaneChannels channels;
    private final Clock clock;
    private NodeIdentity identity;
    private Instant nextTry = Instant.MIN;

    CertificateRenewal(NodeIdentity identity, Path stateDirectory, ControlPlaneChannels channels, Clock clock) {
        this.identity = requireNonNull(identity, "identity is null");
        this.stateDirectory = requireNonNull(stateDirectory, "stateDirectory is null");
        this.channels = requireNonNull(channels, "channels is null");
        this.clock = requireNonNull(clock, "clock is null");
    }

    /** Returns at once while nothing is due; else blocks for at most 15 s. @param address of a control plane */
    void renewIfDue(String address) {
        Instant now = clock.instant();
        if (now.isBefore(nextTry) || !isDue(identity.chain().getFirst(), now)) {
            return;
        }
        nextTry = now.plus(RETRY);
        try {
            NodeIdentity renewed = identity.withChain(ask(address));
            renewed.save(stateDirectory);
            RENEWED.reach();
            channels.show(renewed);
            identity = renewed;
            LOG.info(
                    "This node's certificate was renewed until {}",
                    renewed.chain().getFirst().getNotAfter().toInstant());
        } catch (StatusRuntimeException | IOException | GeneralSecurityException e) {
            LOG.warn(
                    "This node's certificate expires at {} and could not be renewed; it is tried again in an hour: {}",
                    identity.chain().getFirst().getNotAfter().toInstant(),
                    e instanceof StatusRuntimeException ? NodeJoin.explain(e) : e.getMessage());
        }
    }

    private static boolean isDue(X509Certificate certificate, Instant now) {
        Instant from = certificate.getNotBefore().toInstant();
        Instant until = certificate.getNotAfter().toInstant();
        return now.isAfter(until.minus(Duration.between(from, until).dividedBy(3)));
    }

    private List<X509Certificate> ask(String address) throws GeneralSecurityException {
        KeyPair keys = new KeyPair(identity.chain().getFirst().getPublicKey(), identity.key());
        ManagedChannel channel = channels.open(address);
        try {
            RenewResponse answer = NodeServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                    .renew(RenewRequest.newBuilder()
                            .setCertificateRequest(
                                    ByteString.copyFrom(CertificateRequest.create(keys, identity.nodeName())))
                            .build());
            List<X509Certificate> chain = answer.getCertificateChainList().stream()
                    .map(der -> Pem.certificate(der.toByteArray()))
                    .toList();
            if (chain.isEmpty() || !chain.getFirst().getPublicKey().equals(keys.getPublic())) {
                throw new GeneralSecurityException("the answer has no certificate of this node's key");
            }
            chain.getFirst().verify(identity.authority().getPublicKey());
            return chain;
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("the answer is no certificate: " + e.getMessage(), e);
        } finally {
            channel.shutdownNow();
        }
    }
}
