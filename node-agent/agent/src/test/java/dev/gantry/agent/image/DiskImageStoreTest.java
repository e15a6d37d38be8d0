package dev.gantry.agent.image;

import static dev.gantry.agent.image.Archive.archive;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.state.StateFileException;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("root")
class DiskImageStoreTest {
    private static final TarLimits LIMITS = new TarLimits(1000, 1 << 20);
    private static final ImageName WEB = ImageName.parse("web:1");

    @TempDir
    Path directory;

    private Instant now = Instant.parse("2025-01-01T00:00:00Z");
    private DiskImageStore store;

    @BeforeEach
    void open() throws IOException {
        Root.assume();
        store = reopen("boot-1");
    }

    @Test
    void storesAndFindsAcrossARestart() throws IOException {
        Image image = add(List.of(WEB), "one", "two");

        DiskImageStore again = reopen("boot-1");

        assertThat(again.find(image.digest())).contains(image);
        assertThat(again.find(WEB)).contains(image);
        assertThat(again.list()).containsExactly(image);
        assertThat(image.names()).containsExactly("web:1");
        assertThat(image.layers()).hasSize(2);
        assertThat(image.layers().getFirst().resolve("two")).hasContent("content of two");
        assertThat(image.bytes()).isEqualTo(28);
    }

    @Test
    void theSameContentIsTheSameImage() throws IOException {
        assertThat(add(List.of(), "one")).isEqualTo(add(List.of(), "one"));
        assertThat(store.list()).hasSize(1);
        assertThat(paths("layers")).hasSize(1);
    }

    @Test
    void givesALayersArchiveAgainBitByBit() throws IOException {
        Digest diffId;
        try (Workspace workspace = store.openWorkspace()) {
            Path files = workspace.newDirectory();
            Files.writeString(files.resolve("f"), "x");
            diffId = workspace.commit(files).diffId();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        store.writeLayer(diffId, out);

        assertThat(Digest.of(out.toByteArray())).isEqualTo(diffId);
        Files.writeString(store.layout().layerFiles(diffId).resolve("f"), "y");
        assertThatThrownBy(() -> store.writeLayer(diffId, OutputStream.nullOutputStream()))
                .hasMessageContaining("don't give its archive");
    }

    @Test
    void unpacksGzipAndZstd() throws IOException {
        byte[] plain = archive().file("f", "x").bytes();
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(plain);
        }
        ByteArrayOutputStream zstd = new ByteArrayOutputStream();
        try (ZstdOutputStream out = new ZstdOutputStream(zstd)) {
            out.write(plain);
        }
        try (Workspace workspace = store.openWorkspace()) {
            for (byte[] archive : List.of(plain, gzip.toByteArray(), zstd.toByteArray())) {
                assertThat(workspace
                                .unpack(new ByteArrayInputStream(archive), Digest.of(plain))
                                .diffId())
                        .isEqualTo(Digest.of(plain));
            }
        }
    }

    @Test
    void otherBytesThanTheDigestSaysAreNotStored() throws IOException {
        try (Workspace workspace = store.openWorkspace()) {
            assertThatThrownBy(() -> workspace.unpack(archive().file("f", "x").stream(), Digest.of("other")))
                    .hasMessageContaining("expected " + Digest.of("other"));
        }
        assertThat(paths("layers")).isEmpty();
        assertThat(paths("tmp")).isEmpty();
    }

    @Test
    void aHostileOrBombedArchiveLeavesNothing() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bomb)) {
            out.write(archive().file("zeros", "0".repeat(2 << 20)).bytes());
        }
        for (byte[] archive : List.of(
                bomb.toByteArray(), archive().file("ok", "").file("../evil", "").bytes())) {
            try (Workspace workspace = store.openWorkspace()) {
                assertThatThrownBy(() -> workspace.unpack(new ByteArrayInputStream(archive), null))
                        .isInstanceOf(IOException.class);
            }
        }
        assertThat(paths("layers")).isEmpty();
        assertThat(paths("tmp")).isEmpty();
    }

    @Test
    void aNameMovesAndGoes() throws IOException {
        Image first = add(List.of(WEB), "one");
        Image second = add(List.of(WEB), "two");

        assertThat(store.find(WEB).map(Image::digest)).contains(second.digest());
        assertThat(store.find(first.digest()).orElseThrow().names()).isEmpty();
        assertThat(store.find(ImageName.parse("web@" + first.digest()))).isPresent();
        store.removeName(WEB);
        assertThat(store.find(WEB)).isEmpty();
        assertThat(reopen("boot-1").names()).isEmpty();
        assertThatThrownBy(() -> store.setName(WEB, Digest.of("x"))).hasMessageContaining("can't be named web:1");
    }

    @Test
    void aLeasedImageStays() throws IOException {
        Image image = add(List.of(WEB), "one");
        ImageStore.Lease lease = store.lease(image.digest(), "container a");

        assertThatThrownBy(() -> store.remove(Digest.parse(image.digest())))
                .hasMessageContaining("used by container a");
        assertThat(store.collect(Long.MAX_VALUE, Instant.MAX).images()).isEmpty();

        lease.close();
        lease.close();
        assertThat(store.collect(Long.MAX_VALUE, Instant.MAX).images()).containsExactly(Digest.parse(image.digest()));
        assertThat(paths("layers")).isEmpty();
        assertThat(paths("blobs")).isEmpty();
        assertThat(paths("tmp")).isEmpty();
        assertThatThrownBy(() -> store.lease(image.digest(), "b")).hasMessageContaining("is not in the store");
    }

    @Test
    void collectsByLeastRecentUseUnnamedFirst() throws IOException {
        Image oldNamed = add(List.of(WEB), "named");
        tick();
        Image used = add(List.of(), "used");
        tick();
        Image unused = add(List.of(), "unused");
        tick();
        store.lease(used.digest(), "once").close();

        assertThat(store.collect(1, Instant.MAX).images()).containsExactly(Digest.parse(unused.digest()));
        assertThat(store.collect(1, Instant.MAX).images()).containsExactly(Digest.parse(used.digest()));
        assertThat(store.collect(1, now.minusSeconds(100_000)).images()).isEmpty();
        assertThat(store.collect(1, Instant.MAX).images()).containsExactly(Digest.parse(oldNamed.digest()));
    }

    @Test
    void sharedLayersStayWhileOneImageNeedsThem() throws IOException {
        Image both = add(List.of(WEB), "shared", "top");
        Image one = add(List.of(), "shared");

        store.collect(Long.MAX_VALUE, now.plusSeconds(1));
        assertThat(store.list()).isEmpty();

        both = add(List.of(WEB), "shared", "top");
        one = add(List.of(), "shared");
        store.remove(Digest.parse(one.digest()));
        store.collect(1, now);
        assertThat(both.layers()).allSatisfy(layer -> assertThat(layer).isDirectory());
    }

    @Test
    void whatAWorkspaceHoldsIsNotCollected() throws IOException {
        try (Workspace workspace = store.openWorkspace()) {
            Layer layer = workspace.unpack(archive().file("f", "x").stream(), null);
            assertThat(store.collect(Long.MAX_VALUE, Instant.MAX).layers()).isZero();
            assertThat(layer.directory()).isDirectory();
        }
        assertThat(store.collect(Long.MAX_VALUE, Instant.MAX).layers()).isEqualTo(1);
    }

    @Test
    void theCollectorActsBetweenItsThresholds() throws IOException {
        add(List.of(), "one");
        tick();
        ImageCollector.Settings settings = new ImageCollector.Settings(80, 70, 0, Duration.ofMinutes(1));

        assertThat(collector(settings, 1000, 200).collectIfNeeded().images()).isEmpty();
        assertThat(collector(settings, 1000, 199).collectIfNeeded().images()).hasSize(1);
        add(List.of(), "one");
        assertThat(collector(settings, 1000, 0).collectIfNeeded().images()).isEmpty();
        tick();
        assertThat(collector(new ImageCollector.Settings(100, 100, 1, Duration.ZERO), 1000, 900)
                        .collectIfNeeded()
                        .images())
                .hasSize(1);
    }

    @Test
    void afterARebootOnlyWhatReachedTheDiskIsTrusted() throws IOException {
        Image image = add(List.of(WEB), "kept");
        try (Workspace workspace = store.openWorkspace()) {
            workspace.unpack(archive().file("cache", "x").stream(), null);
        }
        assertThat(paths("layers")).hasSize(2);

        assertThat(reopen("boot-1").find(WEB)).contains(image);
        assertThat(paths("layers")).hasSize(2);
        assertThat(reopen("boot-2").find(WEB)).contains(image);
        assertThat(paths("layers")).hasSize(1);
    }

    @Test
    void aStoreOfAnUnknownVersionIsRefusedAndLeftAlone() throws IOException {
        add(List.of(WEB), "one");
        new dev.gantry.agent.state.StateFile(directory.resolve("store/store"), "image-store", 2, 1)
                .write(new byte[0], dev.gantry.agent.state.StateFile.Durability.PROCESS_CRASH);
        Files.createDirectory(directory.resolve("store/tmp/9"));

        assertThatThrownBy(() -> reopen("boot-1"))
                .isInstanceOf(StateFileException.class)
                .hasMessageContaining("has version 2, this agent reads 1 to 1");
        assertThat(paths("tmp")).hasSize(1);
    }

    @Test
    void damageCostsOnlyWhatIsDamaged() throws IOException {
        Image first = add(List.of(WEB), "one");
        Image second = add(List.of(ImageName.parse("other")), "two");
        Files.writeString(
                directory.resolve("store/images").resolve(first.digest().substring(7)), "rubbish");

        DiskImageStore again = reopen("boot-1");

        assertThat(again.list()).containsExactly(second);
        assertThat(again.names()).containsOnlyKeys("other:latest");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "image.layer-finished", "image.layer-in-place", "image.blob-written", "image.layers-synced",
                        "state.written-beside",
                "state.replaced", "image.recorded", "image.names-written", "image.removal-begun", "state.deleted",
                "image.recovery-temporary-removed", "image.recovery-boot-recorded"
            })
    void aDeathAnywhereLeavesAWholeStore(String point) throws IOException {
        for (int hit = 1; hit <= 6; hit++) {
            now = now.plusSeconds(1);
            try (ArmedCrash crash = CrashPoint.arm(point, hit)) {
                runLife("boot-" + hit);
                assertThat(crash.crashed() || hit > 1).isTrue();
            } catch (SimulatedCrash e) {
                assertThat(e.point()).isEqualTo(point);
            }
            store = reopen("boot-1");
            assertThat(paths("tmp")).isEmpty();
            for (Image image : store.list()) {
                assertThat(image.layers()).allSatisfy(layer -> assertThat(layer).isNotEmptyDirectory());
                assertThat(store.openBlob(Digest.parse(image.digest()))).isPresent();
            }
            store.names()
                    .values()
                    .forEach(digest -> assertThat(store.find(digest)).isPresent());
        }
        runLife("boot-last");
        assertThat(paths("layers")).isEmpty();
        assertThat(paths("blobs")).isEmpty();
    }

    private void runLife(String boot) throws IOException {
        store = reopen(boot);
        add(List.of(WEB), "one", "two");
        add(List.of(WEB), "three");
        for (Image image : store.list()) {
            store.remove(Digest.parse(image.digest()));
        }
        store.collect(Long.MAX_VALUE, Instant.MAX);
    }

    @Test
    void manyThreadsStoreTheSameAndDifferentThings() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Image>> results = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                int number = i;
                results.add(threads.submit(
                        () -> add(List.of(ImageName.parse("image-" + number)), "same", "own-" + number % 4)));
            }
            for (Future<Image> result : results) {
                assertThat(result.get().layers())
                        .allSatisfy(layer -> assertThat(layer).isDirectory());
            }
        }
        assertThat(store.list()).hasSize(4);
        assertThat(store.names()).hasSize(24);
        assertThat(paths("tmp")).isEmpty();
        assertThat(reopen("boot-1").list()).hasSize(4);
    }

    private ImageCollector collector(ImageCollector.Settings settings, long total, long usable) {
        return new ImageCollector(store, settings, () -> new ImageCollector.DiskSpace.Space(total, usable), clock());
    }

    private Image add(List<ImageName> names, String... layers) throws IOException {
        try (Workspace workspace = store.openWorkspace()) {
            List<Digest> diffIds = new ArrayList<>();
            for (String layer : layers) {
                diffIds.add(workspace
                        .unpack(archive().file(layer, "content of " + layer).stream(), null)
                        .diffId());
            }
            OciImage scratch = OciImage.scratch();
            return workspace.commit(
                    new OciImage(scratch.config(), Archive.TIME, "", List.of(), List.of(), null, diffIds, List.of()),
                    names);
        }
    }

    private DiskImageStore reopen(String boot) throws IOException {
        return DiskImageStore.open(directory.resolve("store"), LIMITS, boot, clock());
    }

    private Clock clock() {
        return new Clock() {
            @Override
            public Instant instant() {
                return now;
            }

            @Override
            public java.time.ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        };
    }

    private void tick() {
        now = now.plusSeconds(3600);
    }

    private List<Path> paths(String name) throws IOException {
        try (Stream<Path> paths = Files.list(directory.resolve("store").resolve(name))) {
            return paths.toList();
        }
    }
}
