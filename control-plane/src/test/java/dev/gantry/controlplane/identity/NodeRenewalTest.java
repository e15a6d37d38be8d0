package dev.gantry.controlplane.identity;

import static dev.gantry.controlplane.resource.Resources.NODES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Subject;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.TypedObjects;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets another certificate: the key that speaks for the node, and nobody who only has an old one. */
class NodeRenewalTest {
    private final InMemoryObjectStore store = new InMemoryObjectStore();
    private final ClusterAuthority authority =
            new ClusterAuthority(CertificateAuthority.create("gantry", Duration.ofDays(3650), Clock.systemUTC()));
    private final ClusterObjects objects = new TypedObjects(new ResourceEngine(
            BuiltInKinds.table(BuiltInKinds.Settings.DEFAULTS, new Random(1)),
            store,
            Clock.systemUTC(),
            new Random(2)));
    private final JoinTokens tokens =
            new JoinTokens(store, authority.fingerprint(), Clock.systemUTC(), new SecureRandom());
    private final NodeAdmission admission = new NodeAdmission(authority, tokens, objects);
    private final KeyPair keys = Keys.generate();

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void theKeyThatJoinedGetsAnotherYear() throws Exception {
        join(keys);
        X509Certificate renewed = admission.renew("alpha", keys.getPublic(), request(keys));
        assertThat(renewed.getPublicKey()).isEqualTo(keys.getPublic());
        assertThat(Subject.of(renewed).nodeName()).contains("alpha");
    }

    @Test
    void aRequestOfAnotherKeyThanTheOneThatWasShownIsRefused() throws Exception {
        join(keys);
        assertThatThrownBy(() -> admission.renew("alpha", keys.getPublic(), request(Keys.generate())))
                .isInstanceOf(JoinRefusedException.class)
                .hasMessageContaining("another key");
        assertThatThrownBy(() -> admission.renew("alpha", keys.getPublic(), new byte[] {1, 2, 3}))
                .isInstanceOf(JoinRefusedException.class);
    }

    @Test
    void theKeyOfAHostThatWasReplacedIsRefused() throws Exception {
        join(keys);
        objects.delete(NODES, null, "alpha", DeleteOptions.of(null), store.fence());
        join(Keys.generate());
        assertThatThrownBy(() -> admission.renew("alpha", keys.getPublic(), request(keys)))
                .isInstanceOf(JoinRefusedException.class)
                .hasMessageContaining("gantry node reset");
    }

    private void join(KeyPair joining) throws JoinRefusedException {
        JoinToken token =
                tokens.create(JoinTokens.Role.NODE, Duration.ofHours(1), 1).token();
        admission.join(token.id(), token.secret(), "alpha", request(joining), store.fence());
    }

    private static byte[] request(KeyPair of) {
        return CertificateRequest.create(of, "alpha");
    }
}
