package dev.gantry.controlplane.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeconfigTest {
    private static final String SERVER = "https://127.0.0.1:6443";

    @TempDir
    private Path directory;

    @Test
    void aCertificateLastsOverRestarts() throws IOException {
        String first = ensured("state", SERVER);
        assertThat(ensured("state", SERVER)).isEqualTo(first);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("kubeconfig"))))
                .isEqualTo("rw-------");
    }

    /** Otherwise nobody would reach the cluster that began in place of the old one. */
    @Test
    void oneOfAWipedClusterIsReplaced() throws IOException {
        String first = ensured("state", SERVER);
        assertThat(ensured("other-state", SERVER)).isNotEqualTo(first);
    }

    @Test
    void oneOfAnotherAddressIsReplaced() throws IOException {
        ensured("state", SERVER);
        assertThat(ensured("state", "https://127.0.0.1:64430")).contains("server: https://127.0.0.1:64430\n");
        assertThat(ensured("state", SERVER)).contains("server: " + SERVER + "\n");
    }

    @Test
    void oneThatExpiresWithinMonthsIsRenewed() throws IOException {
        String first = ensured("state", SERVER);
        assertThat(ensured("state", SERVER, Duration.ofDays(200))).isEqualTo(first);
        assertThat(ensured("state", SERVER, Duration.ofDays(300))).isNotEqualTo(first);
    }

    private String ensured(String state, String server) throws IOException {
        return ensured(state, server, Duration.ZERO);
    }

    private String ensured(String state, String server, Duration later) throws IOException {
        Path file = directory.resolve("kubeconfig");
        Clock clock = Clock.offset(Clock.systemUTC(), later);
        Kubeconfig.ensure(file, server, ClusterAuthority.openOrCreate(directory.resolve(state), clock), clock);
        return Files.readString(file);
    }
}
