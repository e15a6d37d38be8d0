package dev.gantry.controlplane.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.HttpRegistry;
import dev.gantry.controlplane.registry.RegistryFixture.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the registry fills: a small tmpfs of the test's own. */
@Tag("root")
final class FullRegistryDiskTest {
    private static final byte[] TOO_MUCH = new byte[3 << 20];

    @TempDir
    Path directory;

    private Path disk;
    private RegistryFixture fixture;

    @BeforeEach
    void mount() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "mounting a small disk needs root");
        disk = Files.createDirectory(directory.resolve("disk"));
        run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "gantry-test", disk.toString());
        fixture = new RegistryFixture(disk);
    }

    @AfterEach
    void unmount() throws Exception {
        if (fixture != null) {
            fixture.close();
            run("umount", "--lazy", disk.toString());
        }
    }

    @Test
    void saysSoAndGoesOnWithWhatFits() throws IOException {
        Answer refused = fixture.post("/v2/web/blobs/uploads/?digest=" + Digest.of(TOO_MUCH), TOO_MUCH);
        assertThat(refused.status()).isEqualTo(507);
        assertThat(refused.code()).isEqualTo("INSUFFICIENT_STORAGE");
        assertThat(refused.json().at("/errors/0/message").asText()).contains("registry is full", "give it more space");
        assertThat(disk.resolve("uploads")).isEmptyDirectory();
        try (HttpRegistry node = fixture.asNode("a1")) {
            Assertions.assertThatThrownBy(
                            () -> node.upload("web", Digest.of(TOO_MUCH), TOO_MUCH.length, out -> out.write(TOO_MUCH)))
                    .hasMessageContaining("507")
                    .hasMessageContaining("registry is full");
        }
        assertThat(fixture.pushImage("web", "1", "what fits".getBytes(UTF_8))).isPresent();
        assertThat(fixture.get("/v2/web/manifests/1").status()).isEqualTo(200);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
    }
}
