package dev.gantry.controlplane.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateAuthority.Purpose;
import dev.gantry.common.identity.ClientTls;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Subject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedQuorumTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final byte[] DATA = {7};

    @TempDir
    private Path directory;

    private final CertificateAuthority authority =
            CertificateAuthority.create("gantry quorum", Duration.ofDays(1), Clock.systemUTC());
    private final StoreCredential credential = StoreCredential.random();
    private final List<EmbeddedZooKeeper> servers = new ArrayList<>();

    @AfterEach
    void close() {
        servers.forEach(EmbeddedZooKeeper::close);
    }

    @Test
    void aServerThatStoodAloneBecomesAQuorumOfThreeThatOutlivesTheLossOfOne() throws Exception {
        EmbeddedZooKeeper alone = start(1);
        try (ZooKeeper client = client(alone)) {
            client.create("/kept", DATA, credential.acl(), CreateMode.PERSISTENT);
        }
        alone.close();
        QuorumMember first = member(1, true);
        identify(first, List.of(first));
        EmbeddedZooKeeper one = start(1);
        try (ZooKeeper client = client(one)) {
            assertThat(client.getData("/kept", false, null)).isEqualTo(DATA);
        }

        QuorumMember second = member(2, false);
        identify(second, quorum(one).members());
        EmbeddedZooKeeper two = start(2);
        quorum(two).add(second);
        assertThat(quorum(one).members()).containsExactlyInAnyOrder(first, second);

        QuorumMember third = member(3, false);
        identify(third, quorum(two).members());
        EmbeddedZooKeeper three = start(3);
        quorum(three).add(third);
        quorum(three).add(third);
        assertThat(quorum(one).members()).hasSize(3).allMatch(QuorumMember::voting);

        one.close();
        try (ZooKeeper client = client(two)) {
            assertThat(client.getData("/kept", false, null)).isEqualTo(DATA);
            client.create("/later", DATA, credential.acl(), CreateMode.PERSISTENT);
        }
        quorum(three).remove(1);
        assertThat(quorum(two).members()).extracting(QuorumMember::id).containsExactlyInAnyOrder(2, 3);

        // who comes back with the files of a member that was removed is none
        two.close();
        EmbeddedZooKeeper again = start(2);
        try (ZooKeeper client = client(again)) {
            assertThat(client.getData("/later", false, null)).isEqualTo(DATA);
        }
    }

    @Test
    void aChangeThatWasMadeBeforeTheEndIsNotMadeAgain() throws Exception {
        QuorumMember first = member(1, true);
        identify(first, List.of(first));
        EmbeddedZooKeeper one = start(1);
        QuorumMember second = member(2, false);
        identify(second, quorum(one).members());
        EmbeddedZooKeeper two = start(2);
        try (ArmedCrash crash = CrashPoint.arm("quorum.changed", 1)) {
            assertThatThrownBy(() -> quorum(two).add(second)).isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        quorum(two).add(second);
        assertThat(quorum(one).members()).containsExactlyInAnyOrder(first, second);
    }

    /** Such as a node's, which the cluster's own authority has signed. */
    @Test
    void aCertificateOfAnotherAuthorityOpensNoPortOfTheQuorum() throws Exception {
        QuorumMember first = member(1, true);
        identify(first, List.of(first));
        EmbeddedZooKeeper one = start(1);
        client(one).close();
        CertificateAuthority other = CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
        assertThat(isLetIn(first.electionPort(), authority)).as("a member").isTrue();
        assertThat(isLetIn(first.electionPort(), other)).isFalse();
        assertThat(isLetIn(first.quorumPort(), authority)).as("a member").isTrue();
        assertThat(isLetIn(first.quorumPort(), other)).isFalse();
    }

    /** Whoever is let in is waited for; whoever is not is hung up on. */
    private boolean isLetIn(int port, CertificateAuthority signer) throws IOException {
        KeyPair keys = Keys.generate();
        X509Certificate certificate = signer.issue(
                keys.getPublic(),
                new Subject("system:node:alpha", List.of("system:nodes")),
                Purpose.PEER,
                List.of(),
                Duration.ofDays(1));
        SSLContext context = ClientTls.context(
                keys.getPrivate(), List.of(certificate, signer.certificate()), authority.certificate());
        try (Socket socket = context.getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout(1_000);
            return socket.getInputStream().read() >= 0;
        } catch (SocketTimeoutException waitedFor) {
            return true;
        } catch (SSLException | SocketException refused) {
            return false;
        }
    }

    @Test
    void noClientChangesTheMembersButThisProcess() throws Exception {
        QuorumMember first = member(1, true);
        identify(first, List.of(first));
        EmbeddedZooKeeper one = start(1);
        try (ZooKeeper client = client(one)) {
            assertThatThrownBy(() -> client.setData("/zookeeper/config", DATA, -1))
                    .hasMessageContaining("NoAuth");
        }
    }

    private void identify(QuorumMember self, List<QuorumMember> members) throws IOException {
        files(self.id()).identify(authority, self.id());
        files(self.id()).write(self, members);
    }

    private MemberFiles files(int id) {
        return new MemberFiles(directory.resolve(id + "/member"));
    }

    private EmbeddedZooKeeper start(int id) throws IOException {
        EmbeddedZooKeeper server = EmbeddedZooKeeper.start(
                directory.resolve(id + "/snapshots"), directory.resolve(id + "/log"), 0, files(id));
        servers.add(server);
        return server;
    }

    private static Quorum quorum(EmbeddedZooKeeper server) {
        return new Quorum(server.connectString(), PATIENCE);
    }

    private ZooKeeper client(EmbeddedZooKeeper server) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(
                server.connectString(),
                4_000,
                event -> {
                    if (event.getState() == KeeperState.SyncConnected) {
                        connected.countDown();
                    }
                },
                ZooKeeperLimits.clientConfig());
        client.addAuthInfo(StoreCredential.SCHEME, credential.authentication());
        assertThat(connected.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as("a client of %s is connected", server.connectString())
                .isTrue();
        await().atMost(PATIENCE).until(() -> client.getState().isConnected());
        return client;
    }

    private static QuorumMember member(int id, boolean voting) throws IOException {
        return new QuorumMember(id, "127.0.0.1", freePort(), freePort(), voting, freePort());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }
}
