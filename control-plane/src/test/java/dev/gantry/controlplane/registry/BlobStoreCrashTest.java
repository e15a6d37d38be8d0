package dev.gantry.controlplane.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Manifest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The process dies at each step; the next one finds whole things, and the client's second try succeeds. */
final class BlobStoreCrashTest {
    private static final byte[] LAYER = "a layer".getBytes(UTF_8);
    private static final byte[] CONFIG = "{}".getBytes(UTF_8);
    private static final Instant LATER = Instant.now().plusSeconds(7200);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "registry.upload-begun",
                "registry.upload-appended",
                "registry.content-synced",
                "registry.blob-in-place",
                "registry.manifest-in-place"
            })
    void aPushGoesOn(String point) throws IOException {
        for (int hit = 1; hit <= 2; hit++) {
            Path root = directory.resolve(point + hit);
            try (ArmedCrash crash = CrashPoint.arm(point, point.contains("manifest") ? 1 : hit)) {
                assertThatThrownBy(() -> push(open(root))).isInstanceOf(SimulatedCrash.class);
            }
            BlobStore next = open(root);
            assertThat(root.resolve("uploads")).isEmptyDirectory();
            for (Digest digest : next.blobs()) {
                assertThat(digest).isIn(Digest.of(LAYER), Digest.of(CONFIG));
            }
            Digest manifest = push(next);
            assertThat(next.manifest(manifest).orElseThrow().layers()).hasSize(1);
            assertThat(next.use(Digest.of(LAYER))).contains((long) LAYER.length);
        }
    }

    @Test
    void aCollectionGoesOn() throws IOException {
        for (int hit = 1; hit <= 3; hit++) {
            Path root = directory.resolve("collection" + hit);
            BlobStore store = open(root);
            push(store);
            try (ArmedCrash crash = CrashPoint.arm("registry.content-removed", hit)) {
                assertThatThrownBy(() -> new BlobCollection(store).collect(Set.of(), LATER))
                        .isInstanceOf(SimulatedCrash.class);
            }
            BlobStore next = open(root);
            new BlobCollection(next).collect(Set.of(), LATER);
            assertThat(next.blobs()).isEmpty();
            assertThat(next.manifests()).isEmpty();
        }
    }

    private static BlobStore open(Path root) throws IOException {
        return BlobStore.open(root, Instant::now);
    }

    private static Digest push(BlobStore store) throws IOException {
        for (byte[] content : new byte[][] {LAYER, CONFIG}) {
            Uploads uploads = new Uploads(store, Instant::now, new java.util.Random(content.length));
            Upload upload = uploads.begin("web", "alice");
            upload.append(new ByteArrayInputStream(content));
            upload.finish(Digest.of(content), store);
        }
        Manifest manifest = Manifest.parse(Manifest.OCI_MANIFEST, RegistryFixture.manifest(CONFIG, LAYER));
        store.put(manifest, "manifest");
        return manifest.digest();
    }
}
