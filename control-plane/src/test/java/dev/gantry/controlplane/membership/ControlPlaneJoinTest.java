package dev.gantry.controlplane.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.coordination.StoreConfig;
import dev.gantry.controlplane.coordination.StoreService;
import dev.gantry.controlplane.http.ApiServer;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.http.TlsMaterial;
import dev.gantry.controlplane.identity.ClusterAuthority;
import dev.gantry.controlplane.identity.JoinTokens;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets what control planes share, and who does not. */
class ControlPlaneJoinTest {
    private static final ClusterShape SHAPE = new ClusterShape("10.1.0.0/16", "10.2.0.0/16", "30000-30100", "");
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    private Path folder;

    private final Clock clock = Clock.systemUTC();
    private final AtomicInteger restarts = new AtomicInteger();
    private StoreService store;
    private ApiServer server;
    private JoinTokens tokens;
    private ClusterAuthority authority;

    @BeforeEach
    void aControlPlane() throws IOException {
        Path state = folder.resolve("first");
        authority = ClusterAuthority.openOrCreate(state, clock);
        store = StoreService.open(StoreConfig.embedded(state));
        tokens = new JoinTokens(store.objects(), authority.fingerprint(), clock, new SecureRandom());
        Membership membership =
                Membership.take(state, store, tokens, "192.0.2.1:6443", SHAPE, clock, restarts::incrementAndGet);
        Routes routes = new Routes();
        membership.addTo(routes, new BuiltInRoles());
        ClusterAuthority.KeyMaterial tls = authority.server(List.of("127.0.0.1"));
        server = ApiServer.builder()
                .address(new InetSocketAddress("127.0.0.1", 0))
                .tls(new TlsMaterial(tls.key(), tls.chain(), List.of(authority.certificate())))
                .routes(routes)
                .openPath(Membership.joinPath())
                .build()
                .start();
    }

    @AfterEach
    void close() {
        server.close();
        store.close();
    }

    @Test
    void theBearerOfATokenForItGetsWhatControlPlanesShare() throws IOException {
        ControlPlaneJoin join = new ControlPlaneJoin(second(), clock);
        assertThat(join.join(address(), token(JoinTokens.Role.CONTROL_PLANE), "192.0.2.2:6443"))
                .isEqualTo(SHAPE);
        for (String file : List.of("pki/authority.pem", "store.credential", "store.keys", "pki/quorum.pem")) {
            assertThat(second().resolve(file))
                    .hasSameBinaryContentAs(folder.resolve("first").resolve(file));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(second().resolve(file))))
                    .isEqualTo("rw-------");
        }
        assertThat(new SharedFiles(second()).member().self()).isEqualTo(Members.at(2, "192.0.2.2:6443"));
        assertThat(restarts)
                .as("the first one's server becomes a member as well")
                .hasValue(1);
        assertThat(new ControlPlanes(store.objects()).addresses()).containsExactly("192.0.2.1:6443", "192.0.2.2:6443");
    }

    @Test
    void aNodesTokenOpensNothing() {
        assertRefused(token(JoinTokens.Role.NODE));
    }

    @Test
    void aTokenIsGoodForOneReplica() throws IOException {
        JoinToken token = token(JoinTokens.Role.CONTROL_PLANE);
        new ControlPlaneJoin(second(), clock).join(address(), token, "192.0.2.2:6443");
        assertThatThrownBy(() ->
                        new ControlPlaneJoin(folder.resolve("third"), clock).join(address(), token, "192.0.2.3:6443"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("used up");
        assertThat(folder.resolve("third/pki")).doesNotExist();
    }

    @Test
    void aWrongSecretOpensNothing() {
        JoinToken right = token(JoinTokens.Role.CONTROL_PLANE);
        JoinToken other = JoinToken.generate(new SecureRandom(), authority.fingerprint());
        assertRefused(JoinToken.parse(right.text().replace(right.secret(), other.secret())));
    }

    /** A server that is not of the cluster learns no secret: the connection is not even made. */
    @Test
    void aServerOfAnotherAuthorityIsNotAsked() {
        JoinToken token = JoinToken.generate(new SecureRandom(), "0".repeat(64));
        assertThatThrownBy(() -> new ControlPlaneJoin(second(), clock).join(address(), token, "192.0.2.2:6443"))
                .isInstanceOf(IOException.class)
                .hasStackTraceContaining("Certificate");
        assertThat(second().resolve("pki")).doesNotExist();
    }

    private void assertRefused(JoinToken token) {
        assertThatThrownBy(() -> new ControlPlaneJoin(second(), clock).join(address(), token, "192.0.2.2:6443"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("unknown, expired or used up");
        assertThat(second().resolve("pki")).doesNotExist();
        assertThat(restarts).hasValue(0);
    }

    private JoinToken token(JoinTokens.Role role) {
        return tokens.create(role, HOUR, 1).token();
    }

    private Path second() {
        return folder.resolve("second");
    }

    private String address() {
        return "127.0.0.1:" + server.addresses().getFirst().getPort();
    }
}
