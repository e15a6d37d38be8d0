package dev.gantry.controlplane.identity;

import static dev.gantry.controlplane.resource.Resources.NODES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.TypedObjects;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The control plane dies while a host joins; the host asks again, at another one, and is the same node. */
class JoinCrashTest {
    private final InMemoryObjectStore store = new InMemoryObjectStore();
    private final ClusterAuthority authority =
            new ClusterAuthority(CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC()));
    private final KeyPair keys = Keys.generate();

    @AfterEach
    void close() {
        store.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jointoken.redeemed", "join.name-claimed"})
    void aJoinThatWasCutOffIsMadeAgainAndCountsOnce(String point) throws Exception {
        JoinToken token = tokens(Clock.systemUTC())
                .create(JoinTokens.Role.NODE, Duration.ofHours(1), 1)
                .token();
        try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
            assertThatThrownBy(() -> join(token)).isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        join(token);
        assertThat(objects().list(NODES, null))
                .singleElement()
                .satisfies(node -> assertThat(node.getMetadata().getAnnotations())
                        .containsEntry(NodeAdmission.KEY_ANNOTATION, Keys.fingerprint(keys.getPublic())));
        // the one use of the token went to this host
        assertThatThrownBy(() -> tokens(Clock.systemUTC())
                        .redeem(JoinTokens.Role.NODE, token.id(), token.secret(), "beta", "other", null))
                .isInstanceOf(JoinRefusedException.class);
    }

    @Test
    void aTokenWhoseSecretNobodySawExpires() {
        try (ArmedCrash crash = CrashPoint.arm("jointoken.created", 1)) {
            assertThatThrownBy(() -> tokens(Clock.systemUTC()).create(JoinTokens.Role.NODE, Duration.ofHours(1), 1))
                    .isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        assertThat(storedTokens()).isEqualTo(1);
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(2));
        tokens(later).create(JoinTokens.Role.NODE, Duration.ofHours(1), 1);
        assertThat(storedTokens()).isEqualTo(1);
    }

    @Test
    void aDeletionThatWasCutOffLetsNobodyJoin() throws Exception {
        JoinToken token = tokens(Clock.systemUTC())
                .create(JoinTokens.Role.NODE, Duration.ofHours(1), 1)
                .token();
        try (ArmedCrash crash = CrashPoint.arm("jointoken.deleted", 1)) {
            assertThatThrownBy(() -> tokens(Clock.systemUTC()).delete(token.id()))
                    .isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        assertThatThrownBy(() -> join(token)).isInstanceOf(JoinRefusedException.class);
        assertThat(tokens(Clock.systemUTC()).delete(token.id())).isFalse();
    }

    private int storedTokens() {
        return store.cache()
                .list(JoinTokens.GROUP, JoinTokens.RESOURCE, null)
                .objects()
                .size();
    }

    /** Everything but the store is built anew each time, as by another control plane. */
    private void join(JoinToken token) throws JoinRefusedException {
        new NodeAdmission(authority, tokens(Clock.systemUTC()), objects())
                .join(token.id(), token.secret(), "alpha", CertificateRequest.create(keys, "alpha"), store.fence());
    }

    private JoinTokens tokens(Clock clock) {
        return new JoinTokens(store, authority.fingerprint(), clock, new SecureRandom());
    }

    private ClusterObjects objects() {
        return new TypedObjects(new ResourceEngine(
                BuiltInKinds.table(BuiltInKinds.Settings.DEFAULTS, new Random(1)),
                store,
                Clock.systemUTC(),
                new Random(2)));
    }
}
