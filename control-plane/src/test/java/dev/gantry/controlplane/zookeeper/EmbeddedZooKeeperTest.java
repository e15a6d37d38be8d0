package dev.gantry.controlplane.zookeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedZooKeeperTest {
    @TempDir
    private Path directory;

    @Test
    void startsAgainOnTheSameDirectory() throws IOException {
        for (int i = 0; i < 2; i++) {
            try (EmbeddedZooKeeper server = start(0)) {
                assertThat(server.connectString()).startsWith("127.0.0.1:");
                assertThat(server.starts()).isEqualTo(1);
                assertThat(server.writeRefusal()).isEmpty();
            }
        }
    }

    @Test
    void saysThatItsPortIsInUse() throws IOException {
        try (EmbeddedZooKeeper server = start(0)) {
            int port = Integer.parseInt(server.connectString().split(":", -1)[1]);
            Path other = directory.resolve("other");
            assertThatThrownBy(() -> EmbeddedZooKeeper.start(other, other, port, alone()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(Integer.toString(port))
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void answersNoFourLetterWordButTheVersion() throws IOException {
        try (EmbeddedZooKeeper server = start(0)) {
            int port = Integer.parseInt(server.connectString().split(":", -1)[1]);
            for (String word : new String[] {"stat", "dump", "mntr", "envi", "wchp"}) {
                try (Socket socket = new Socket("127.0.0.1", port)) {
                    socket.getOutputStream().write(word.getBytes(US_ASCII));
                    String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
                    assertThat(answer).contains("not in the whitelist");
                }
            }
        }
    }

    @Test
    void keepsTheCredentialToItsOwner() throws IOException {
        Path file = directory.resolve("credential");
        StoreCredential made = StoreCredential.open(file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(StoreCredential.open(file).authentication()).isEqualTo(made.authentication());
        assertThat(made.toString()).doesNotContain(new String(made.authentication(), US_ASCII));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> StoreCredential.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("chmod 600");
    }

    private EmbeddedZooKeeper start(int port) throws IOException {
        return EmbeddedZooKeeper.start(directory.resolve("snapshots"), directory.resolve("log"), port, alone());
    }

    private MemberFiles alone() {
        return new MemberFiles(directory.resolve("member"));
    }
}
