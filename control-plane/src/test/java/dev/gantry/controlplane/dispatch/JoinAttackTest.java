package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.NODES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.gantry.common.identity.AuthorityTrust;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Pem;
import dev.gantry.common.identity.Subject;
import dev.gantry.controlplane.identity.JoinRefusedException;
import dev.gantry.controlplane.identity.JoinTokens;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.StoredObject;
import dev.gantry.wire.node.v1.JoinRequest;
import dev.gantry.wire.node.v1.JoinResponse;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What someone without, or with only a part of, a right to join will try. */
class JoinAttackTest {
    private final Cluster cluster = new Cluster();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aTokenGivesACertificateWhoseSubjectTheControlPlaneDecides() {
        KeyPair keys = Keys.generate();
        JoinResponse response = join(cluster.token(), "alpha", keys, "gantry:administrator");
        var certificate = Pem.certificate(response.getCertificateChain(0).toByteArray());
        assertThat(Subject.of(certificate)).isEqualTo(Subject.ofNode("alpha"));
        assertThat(certificate.getPublicKey()).isEqualTo(keys.getPublic());
        assertThat(response.getClusterId()).isEqualTo(Cluster.ID);
    }

    @Test
    void aWrongSecretAnUnknownIdAndAnExpiredTokenGetTheSameAnswer() {
        JoinToken token = cluster.token();
        JoinToken other = cluster.token();
        JoinToken mixed = new JoinToken(token.id(), other.secret(), token.authorityFingerprint());
        JoinToken unknown = new JoinToken("aaaaaaaaaa", token.secret(), token.authorityFingerprint());
        String wrong = refusal(() -> join(mixed, "alpha", Keys.generate(), "x"));
        assertThat(refusal(() -> join(unknown, "alpha", Keys.generate(), "x"))).isEqualTo(wrong);

        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        JoinTokens early = tokens(now);
        JoinToken shortLived =
                early.create(JoinTokens.Role.NODE, Duration.ofSeconds(10), 1).token();
        JoinTokens late = tokens(now.plusSeconds(10));
        assertThatThrownBy(() ->
                        late.redeem(JoinTokens.Role.NODE, shortLived.id(), shortLived.secret(), "alpha", "k", null))
                .isInstanceOf(JoinRefusedException.class)
                .hasMessageContaining("expired");
        late.purgeExpired();
        assertThat(cluster.store.cache().get(key(shortLived))).isEmpty();
    }

    @Test
    void theStoreHoldsNoSecret() {
        JoinToken token = cluster.token();
        StoredObject stored = cluster.store.cache().get(key(token)).orElseThrow();
        assertThat(new String(stored.json(), StandardCharsets.UTF_8)).doesNotContain(token.secret());
    }

    @Test
    void aTokenIsGoodForAsManyHostsAsItSaysAndForARepeatedJoinOfEach() {
        JoinToken token = cluster.tokens
                .create(JoinTokens.Role.NODE, Duration.ofHours(1), 1)
                .token();
        KeyPair alpha = Keys.generate();
        join(token, "alpha", alpha, "x");
        // the answer was lost on the way: the same host asks again
        join(token, "alpha", alpha, "x");
        assertThat(refusal(() -> join(token, "beta", Keys.generate(), "x"))).contains("used up");
    }

    @Test
    void aNameBelongsToOneKeyUntilItsNodeIsDeleted() {
        JoinToken token = cluster.token();
        join(token, "alpha", Keys.generate(), "x");
        KeyPair thief = Keys.generate();
        assertThatThrownBy(() -> join(token, "alpha", thief, "x"))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refused -> assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS))
                .hasMessageContaining("gantry delete node alpha");
        cluster.objects.delete(NODES, null, "alpha", DeleteOptions.of(null), cluster.store.fence());
        join(cluster.token(), "alpha", thief, "x");
    }

    @Test
    void aHostVerifiesTheControlPlaneBeforeItShowsItsToken() {
        CertificateAuthority impostor = CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
        ManagedChannel channel = cluster.channel(
                AuthorityTrust.pinned(Keys.fingerprint(impostor.certificate().getPublicKey())), null, null);
        assertThatThrownBy(() -> NodeServiceGrpc.newBlockingStub(channel).join(JoinRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refused -> assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    @Test
    void aCertificateOfAnotherAuthorityOpensNothing() throws Exception {
        CertificateAuthority impostor = CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
        KeyPair keys = Keys.generate();
        ManagedChannel channel = cluster.channel(
                AuthorityTrust.of(cluster.authority.certificate()),
                keys.getPrivate(),
                impostor.issue(
                        keys.getPublic(),
                        Subject.ofNode("alpha"),
                        CertificateAuthority.Purpose.CLIENT,
                        List.of(),
                        Duration.ofHours(1)));
        assertThat(failureOfSession(channel, "alpha")).isNotEmpty();
    }

    @Test
    void noSessionWithoutACertificate() throws Exception {
        ManagedChannel channel = cluster.channel(AuthorityTrust.of(cluster.authority.certificate()), null, null);
        assertThat(failureOfSession(channel, "alpha")).contains("UNAUTHENTICATED");
    }

    @Test
    void aNodesCertificateSpeaksForNoOtherNode() throws Exception {
        assertThat(failureOfSession(cluster.channelOf("alpha"), "beta"))
                .contains("PERMISSION_DENIED")
                .contains("alpha");
    }

    @Test
    void anEarlierKeyOfANameThatJoinedAnewIsTurnedAway() throws Exception {
        join(cluster.token(), "alpha", Keys.generate(), "x");
        // signed by the authority, but not the key that has joined last
        assertThat(failureOfSession(cluster.channelOf("alpha"), "alpha"))
                .contains("PERMISSION_DENIED")
                .contains("gantry node reset");
    }

    private static ObjectKey key(JoinToken token) {
        return new ObjectKey(JoinTokens.GROUP, JoinTokens.RESOURCE, null, token.id());
    }

    private JoinTokens tokens(Instant now) {
        return new JoinTokens(
                cluster.store, cluster.authority.fingerprint(), Clock.fixed(now, ZoneOffset.UTC), new SecureRandom());
    }

    private String failureOfSession(ManagedChannel channel, String nodeName) throws Exception {
        try (ScriptedAgent agent = new ScriptedAgent(channel)) {
            try {
                agent.hello(ScriptedAgent.hello(nodeName));
            } catch (IOException e) {
                return String.valueOf(e.getMessage());
            }
            String failure = await().until(() -> agent.failure, found -> found != null);
            assertThat(agent.received).isEmpty();
            return failure;
        }
    }

    private static String refusal(ThrowingCallable call) {
        Throwable refused = catchThrowable(call);
        assertThat(refused).isInstanceOf(StatusRuntimeException.class);
        return String.valueOf(refused.getMessage());
    }

    private JoinResponse join(JoinToken token, String nodeName, KeyPair keys, String commonName) {
        ManagedChannel channel = cluster.channel(AuthorityTrust.pinned(token.authorityFingerprint()), null, null);
        return NodeServiceGrpc.newBlockingStub(channel)
                .join(JoinRequest.newBuilder()
                        .setTokenId(token.id())
                        .setTokenSecret(token.secret())
                        .setNodeName(nodeName)
                        .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(keys, commonName)))
                        .build());
    }
}
