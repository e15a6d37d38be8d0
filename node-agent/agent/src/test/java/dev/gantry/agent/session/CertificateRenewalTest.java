package dev.gantry.agent.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of an hour, over real TLS; only the node's clock is set. */
class CertificateRenewalTest {
    @TempDir
    private Path state;

    private final CertificateAuthority authority =
            CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
    private ScriptedControlPlane leader;
    private NodeIdentity joined;

    @BeforeEach
    void join() throws IOException {
        leader = new ScriptedControlPlane(authority, "cluster-1");
        JoinToken token = JoinToken.generate(
                new SecureRandom(), Keys.fingerprint(authority.certificate().getPublicKey()));
        joined = new NodeJoin(state).join(token, List.of(leader.address()), "alpha");
    }

    @AfterEach
    void close() {
        leader.close();
    }

    @Test
    void aCertificateInItsFirstTwoThirdsIsKept() throws IOException {
        renewal(Duration.ofMinutes(30)).renewIfDue(leader.address());
        assertThat(NodeIdentity.load(state)).contains(joined);
    }

    @Test
    void anotherOneOfTheSameKeyIsKeptForTheNextStart() throws IOException {
        renewal(Duration.ofMinutes(45)).renewIfDue(leader.address());
        NodeIdentity renewed = NodeIdentity.load(state).orElseThrow();
        assertThat(renewed.key()).isEqualTo(joined.key());
        assertThat(leaf(renewed).getPublicKey()).isEqualTo(leaf(joined).getPublicKey());
        assertThat(leaf(renewed).getNotAfter()).isAfter(leaf(joined).getNotAfter());
    }

    @Test
    void aRefusalLosesNothingAndIsNotAskedForAgainAtOnce() throws IOException {
        CertificateRenewal renewal = renewal(Duration.ofMinutes(45));
        leader.refusesRenewals = true;
        renewal.renewIfDue(leader.address());
        leader.refusesRenewals = false;
        renewal.renewIfDue(leader.address());
        assertThat(NodeIdentity.load(state)).contains(joined);
    }

    @Test
    void aControlPlaneThatIsAwayLosesNothing() throws IOException {
        String address = leader.address();
        leader.close();
        renewal(Duration.ofMinutes(45)).renewIfDue(address);
        assertThat(NodeIdentity.load(state)).contains(joined);
    }

    @Test
    void aCrashOnceItIsKeptStartsWithTheNewOne() throws IOException {
        try (ArmedCrash crash = CrashPoint.arm("identity.certificate-renewed", 1)) {
            assertThatThrownBy(() -> renewal(Duration.ofMinutes(45)).renewIfDue(leader.address()))
                    .isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        assertThat(leaf(NodeIdentity.load(state).orElseThrow()).getNotAfter())
                .isAfter(leaf(joined).getNotAfter());
    }

    private CertificateRenewal renewal(Duration later) {
        return new CertificateRenewal(
                joined, state, ControlPlaneChannels.of(joined), Clock.offset(Clock.systemUTC(), later));
    }

    private static X509Certificate leaf(NodeIdentity identity) {
        return identity.chain().getFirst();
    }
}
