package dev.gantry.agent.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.Root;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts that make root file systems, and the import of what they make. */
@Tag("root")
class BaseImagesTest {
    private static final Path SCRIPTS = Path.of("../../deploy/base-images");

    @TempDir
    Path directory;

    @Test
    void busyboxBecomesAnImageAndAlwaysTheSame() throws Exception {
        Root.assume();
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/busybox")), "needs the Debian package busybox-static");
        DiskImageStore store = DiskImageStore.open(
                directory.resolve("store"), new TarLimits(10_000, 1L << 30), "boot", Clock.systemUTC());
        ImageBuilder builder = new ImageBuilder(
                store,
                new FakeRuntime(),
                IsolatedNetwork::ofKernel,
                ImagePulls.NONE,
                ImagePublisher.NONE,
                ImageBuilder.Settings.defaults(),
                Clock.systemUTC());

        BuildResult first = importRoot(builder);
        BuildResult second = importRoot(builder);

        assertThat(first.getError()).isEmpty();
        assertThat(second.getDigest()).isEqualTo(first.getDigest());
        Image image = store.find(first.getDigest()).orElseThrow();
        assertThat(image.names()).containsExactly("busybox:latest");
        assertThat(image.config().command()).containsExactly("/bin/sh");
        try (MergedTree tree = MergedTree.open(image.layers())) {
            assertThat(tree.resolve("/bin/sh", true)).isEqualTo("bin/busybox");
            assertThat(tree.find("tmp").orElseThrow().status().permissions()).isEqualTo(01777);
            assertThat(tree.read("etc/passwd", 1000)).isPresent();
        }
    }

    @Test
    void debianRefusesWhatItCannotDo() throws Exception {
        Process process = new ProcessBuilder(SCRIPTS.resolve("debian").toString(), "--include", "a;b")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        String error = new String(process.getErrorStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(error).contains("package names are lower-case letters");
    }

    private static BuildResult importRoot(ImageBuilder builder) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(SCRIPTS.resolve("busybox").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (InputStream tar = process.getInputStream()) {
            BuildRequest request = BuildRequest.newBuilder()
                    .setImportRoot(true)
                    .addNames("busybox")
                    .build();
            BuildResult result = builder.build(request, tar, event -> {});
            assertThat(process.waitFor()).isZero();
            return result;
        }
    }
}
