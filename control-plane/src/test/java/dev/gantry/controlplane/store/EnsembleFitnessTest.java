package dev.gantry.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gantry.controlplane.zookeeper.StoreCredential;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an ensemble that others run must be able to do. Its servers are processes of their own: their limits are of a whole JVM. */
final class EnsembleFitnessTest {
    @TempDir
    private Path directory;

    /** 1 MiB is what ZooKeeper has when nothing is set. */
    @ParameterizedTest
    @ValueSource(strings = {"1048575", "3145728"})
    void tooSmallRequestsAreRefusedWithInstructions(String buffer) throws Exception {
        try (Server server = new Server(buffer)) {
            assertThatThrownBy(() -> open(server, StoreCredential.random()))
                    .isInstanceOf(StoreException.Misconfigured.class)
                    .hasMessageContaining("-Djute.maxbuffer=4194304")
                    .hasMessageContaining("restart");
        }
    }

    @Test
    void anEnsembleAsItShouldBeIsTakenAndAnotherCredentialIsNot() throws Exception {
        try (Server server = new Server("4194304")) {
            try (Store store = open(server, StoreCredential.random())) {
                await().untilAsserted(() -> assertThat(store.isCurrent()).isTrue());
            }
            assertThatThrownBy(() -> open(server, StoreCredential.random()))
                    .isInstanceOf(StoreException.Misconfigured.class)
                    .hasMessageContaining("credential");
        }
    }

    private Store open(Server server, StoreCredential credential) throws IOException {
        return Store.open(
                Store.Options.of("127.0.0.1:" + server.port, true, credential, directory.resolve("keys"), "one"));
    }

    private final class Server implements AutoCloseable {
        private final int port;
        private final Process process;

        Server(String buffer) throws IOException {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
                port = free.getLocalPort();
            }
            Path configuration = directory.resolve("zoo.cfg");
            Files.writeString(configuration, """
                    clientPortAddress=127.0.0.1
                    clientPort=%d
                    dataDir=%s
                    tickTime=500
                    admin.enableServer=false
                    """.formatted(port, directory.resolve("data")));
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Djute.maxbuffer=" + buffer,
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            ZooKeeperServerMain.class.getName(),
                            configuration.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            await("the server listens").atMost(Duration.ofSeconds(60)).until(this::listens);
        }

        private boolean listens() {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
                return true;
            } catch (IOException e) {
                assertThat(process.isAlive()).isTrue();
                return false;
            }
        }

        @Override
        public void close() throws InterruptedException {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
    }
}
