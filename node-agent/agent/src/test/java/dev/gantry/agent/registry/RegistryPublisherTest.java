package dev.gantry.agent.registry;

import static dev.gantry.agent.image.Archive.archive;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls.Wanted;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.OciImage;
import dev.gantry.agent.image.Root;
import dev.gantry.agent.image.Workspace;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.common.registry.Manifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("root")
final class RegistryPublisherTest {
    private static final TarLimits LIMITS = new TarLimits(1000, 8 << 20);
    private static final ImageName NAME = ImageName.parse("shop/web:1");

    @TempDir
    Path directory;

    private FakeRegistry registry;
    private DiskImageStore store;
    private RegistryPublisher publisher;

    @BeforeEach
    void start() throws IOException {
        Root.assume();
        registry = new FakeRegistry();
        store = open("one");
        publisher = new RegistryPublisher(store, () -> List.of(registry.client()), new Random(1));
    }

    @AfterEach
    void stop() {
        if (registry != null) {
            registry.close();
        }
    }

    @Test
    void anotherHostHasItBitByBit() throws Exception {
        Image image = build("one", "two");

        publisher.publish(image, NAME);

        DiskImageStore other = open("two");
        try (RegistryPulls pulls = new RegistryPulls(other, () -> List.of(registry.client()), new Random(2))) {
            Image pulled = pulls.pull(new Wanted(NAME.toString(), image.digest()))
                    .get(20, TimeUnit.SECONDS)
                    .image();
            assertThat(pulled.digest()).isEqualTo(image.digest());
            assertThat(pulled.config()).isEqualTo(image.config());
            assertThat(pulled.layers().getFirst().resolve("two")).hasContent("content of two");
        }
        for (Digest diffId :
                other.describe(Digest.parse(image.digest())).orElseThrow().diffIds()) {
            ByteArrayOutputStream archive = new ByteArrayOutputStream();
            other.writeLayer(diffId, archive);
            assertThat(Digest.of(archive.toByteArray()))
                    .as("it can be pushed from there, too")
                    .isEqualTo(diffId);
        }
    }

    @Test
    void onlyWhatIsNotThereIsPushed() throws IOException {
        publisher.publish(build("one", "two"), NAME);
        long uploads = uploads();
        assertThat(uploads).isEqualTo(3);
        publisher.publish(build("one", "two"), NAME);
        assertThat(uploads()).as("nothing new").isEqualTo(uploads);
        publisher.publish(build("one", "three"), NAME);
        assertThat(uploads()).as("a layer and a configuration").isEqualTo(uploads + 2);
    }

    @Test
    void whatIsBuiltOnACompressedLayerNamesItAsTheRegistryHasIt() throws Exception {
        byte[] plain = archive().file("base", "of others").bytes();
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(plain);
        }
        Digest base = registry.image(
                "{\"rootfs\":{\"diff_ids\":[\"%s\"]}}"
                        .formatted(Digest.of(plain))
                        .getBytes(UTF_8),
                gzip.toByteArray());
        try (RegistryPulls pulls = new RegistryPulls(store, () -> List.of(registry.client()), new Random(2))) {
            pulls.pull(new Wanted("base:1", base.toString())).get(20, TimeUnit.SECONDS);
        }
        store = open("one");
        publisher = new RegistryPublisher(store, () -> List.of(registry.client()), new Random(1));
        Image image = buildOn(Digest.of(plain), "mine");

        publisher.publish(image, NAME);

        Manifest manifest = Manifest.parse("", requireNonNull(registry.manifests.get(Digest.parse(image.digest()))));
        assertThat(manifest.layers().getFirst().digest()).isEqualTo(Digest.of(gzip.toByteArray()));
        assertThat(manifest.layers().getFirst().mediaType()).endsWith("tar+gzip");
        DiskImageStore other = open("two");
        try (RegistryPulls pulls = new RegistryPulls(other, () -> List.of(registry.client()), new Random(2))) {
            assertThat(pulls.pull(new Wanted(NAME.toString(), image.digest()))
                            .get(20, TimeUnit.SECONDS)
                            .image()
                            .layers())
                    .hasSize(2);
        }
        registry.manifests.clear();
        registry.blobs.clear();
        assertThatThrownBy(() -> publisher.publish(image, NAME)).hasMessageContaining("came compressed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"push.blob-pushed", "push.manifest-pushed"})
    void theNextTryGoesOn(String point) throws IOException {
        Image image = build("one", "two");
        try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
            assertThatThrownBy(() -> publisher.publish(image, NAME)).isInstanceOf(SimulatedCrash.class);
        }
        publisher.publish(image, NAME);
        assertThat(registry.manifests).containsKey(Digest.parse(image.digest()));
        assertThat(registry.blobs).hasSize(3);
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Image image = build("one");
        registry.refusesWith = 507;
        assertThatThrownBy(() -> publisher.publish(image, NAME))
                .hasMessageContaining("could not be pushed to the cluster's registry")
                .hasMessageContaining("507");
        RegistryPublisher alone = new RegistryPublisher(store, List::of, new Random(1));
        assertThatThrownBy(() -> alone.publish(image, NAME)).hasMessageContaining("no control plane is known");
    }

    private long uploads() {
        return registry.requests.stream()
                .filter(request -> request.startsWith("POST "))
                .count();
    }

    private DiskImageStore open(String name) throws IOException {
        return DiskImageStore.open(directory.resolve(name), LIMITS, "boot", Clock.systemUTC());
    }

    private Image build(String... layers) throws IOException {
        return buildOn(null, layers);
    }

    private Image buildOn(@Nullable Digest base, String... layers) throws IOException {
        try (Workspace workspace = store.openWorkspace()) {
            List<Digest> diffIds = new ArrayList<>();
            if (base != null) {
                diffIds.add(workspace.find(base).orElseThrow().diffId());
            }
            for (String layer : layers) {
                Path files = workspace.newDirectory();
                Path file = Files.writeString(files.resolve(layer), "content of " + layer);
                Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.from(Instant.EPOCH));
                Layer made = workspace.commit(files);
                diffIds.add(made.diffId());
            }
            OciImage scratch = OciImage.scratch();
            return workspace.commit(
                    new OciImage(scratch.config(), Instant.EPOCH, "", List.of(), List.of(), null, diffIds, List.of()),
                    List.of());
        }
    }
}
