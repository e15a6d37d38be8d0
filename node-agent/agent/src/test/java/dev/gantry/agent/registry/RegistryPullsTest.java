package dev.gantry.agent.registry;

import static dev.gantry.agent.image.Archive.archive;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls.Pulled;
import dev.gantry.agent.image.ImagePulls.RegistryLogin;
import dev.gantry.agent.image.ImagePulls.Wanted;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.Root;
import dev.gantry.agent.image.StoreFullException;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Login;
import dev.gantry.common.registry.Manifest;
import dev.gantry.common.registry.Registry;
import dev.gantry.linux.Mounts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls from a registry that does what registries do on a bad day. */
@Tag("root")
final class RegistryPullsTest {
    private static final TarLimits LIMITS = new TarLimits(1000, 8 << 20);

    @TempDir
    Path directory;

    private FakeRegistry registry;
    private DiskImageStore store;
    private RegistryPulls pulls;

    @BeforeEach
    void start() throws IOException {
        Root.assume();
        registry = new FakeRegistry();
        newAgent();
    }

    @AfterEach
    void stop() {
        if (registry != null) {
            pulls.close();
            registry.close();
        }
    }

    private void newAgent() throws IOException {
        if (pulls != null) {
            pulls.close();
        }
        store = DiskImageStore.open(directory.resolve("store"), LIMITS, "boot", Clock.systemUTC());
        pulls = new RegistryPulls(store, () -> List.of(registry.client()), new Random(1));
    }

    @Test
    void pullsAnImageWithItsLayers() throws Exception {
        byte[] one = archive().file("one", "1").bytes();
        byte[] two = archive().file("two", "2").bytes();
        Digest digest = image(one, two);

        Pulled pulled = pull(digest);

        assertThat(pulled.image().digest()).isEqualTo(digest.toString());
        assertThat(pulled.image().config().command()).containsExactly("/one");
        assertThat(pulled.image().layers()).hasSize(2);
        assertThat(pulled.image().layers().getFirst().resolve("two")).hasContent("2");
        assertThat(pulled.bytes()).isGreaterThan(one.length + two.length);
        assertThat(partials()).isEmpty();
        newAgent();
        assertThat(store.find(digest.toString())).isPresent();
        assertThat(pull(digest).bytes()).as("it is here").isZero();
    }

    @Test
    void onePullHoweverManyWaitAndOneLayerHoweverManyImages() throws Exception {
        byte[] shared = archive().file("shared", "s").bytes();
        Digest one = image(shared, archive().file("a", "").bytes());
        Digest two = image(shared, archive().file("b", "").bytes());
        registry.gate = new CountDownLatch(1);

        List<CompletableFuture<Pulled>> waiting = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waiting.add(pulls.pull(wanted(i % 2 == 0 ? one : two)));
        }
        registry.gate.countDown();
        for (CompletableFuture<Pulled> pull : waiting) {
            pull.get(20, TimeUnit.SECONDS);
        }

        assertThat(registry.downloads(Digest.of(shared))).isEqualTo(1);
        assertThat(registry.requests.stream().filter(request -> request.contains("/manifests/" + one)))
                .hasSize(1);
        assertThat(store.list()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {30_000, 65_535, 65_536, 65_537, 100_000, 199_999})
    void goesOnWhereAConnectionWasCut(int bytes) throws Exception {
        byte[] layer = archive().file("big", random(200_000)).bytes();
        Digest digest = image(layer);
        registry.cutAfter = bytes;

        Image image = pull(digest).image();

        assertThat(Files.size(image.layers().getFirst().resolve("big"))).isEqualTo(200_000);
        List<Integer> offsets = registry.requests.stream()
                .filter(request -> request.contains(Digest.of(layer).toString()))
                .map(request ->
                        request.endsWith(" ") ? 0 : Integer.parseInt(request.replaceAll(".* bytes=([0-9]+)-", "$1")))
                .toList();
        int needed = (layer.length + bytes - 1) / bytes;
        assertThat(offsets)
                .as("each goes on where the one before ended, which may have got nothing")
                .isSorted()
                .hasSizeBetween(needed, 3 * needed);
        assertThat(offsets.stream().distinct().count()).isGreaterThanOrEqualTo(needed);
    }

    @Test
    void startsOverWhereARegistryKnowsNoRanges() throws Exception {
        byte[] layer = archive().file("big", random(200_000)).bytes();
        Digest digest = image(layer);
        registry.cutAfter = 100_000;
        registry.ignoresRanges = true;
        CompletableFuture<Pulled> pull = pulls.pull(wanted(digest));
        await().until(() -> registry.downloads(Digest.of(layer)) >= 2);
        registry.cutAfter = Integer.MAX_VALUE;

        assertThat(pull.get(20, TimeUnit.SECONDS).image().layers()).hasSize(1);
    }

    @Test
    void givesUpOnARegistryThatGoesQuietAndGoesOnWithTheNextTry() throws Exception {
        byte[] layer = archive().file("big", random(200_000)).bytes();
        Digest digest = image(layer);
        registry.cutAfter = 100_000;
        registry.goesQuiet = true;
        CompletableFuture<Pulled> pull = pulls.pull(wanted(digest));
        await().until(() -> registry.requests.stream().anyMatch(request -> request.endsWith("bytes=100000-"))
                || registry.downloads(Digest.of(layer)) > 0);
        registry.goesQuiet = false;

        assertThat(pull.get(20, TimeUnit.SECONDS).image().layers()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "image.partial-appended",
                "image.partial-whole",
                "image.partial-removed",
                "pull.layer-unpacked",
                "image.layer-in-place",
                "image.recorded"
            })
    void theNextAgentGoesOn(String point) throws Exception {
        byte[] layer = archive().file("big", random(200_000)).bytes();
        Digest digest = image(layer);
        try (ArmedCrash crash = CrashPoint.arm(point, point.endsWith("appended") ? 2 : 1)) {
            assertThatThrownBy(() -> pull(digest)).isInstanceOf(SimulatedCrash.class);
        }
        int before = registry.requests.size();
        newAgent();

        Image image = pull(digest).image();

        assertThat(image.layers().getFirst().resolve("big")).hasSize(200_000);
        assertThat(partials()).isEmpty();
        List<String> after = registry.requests.subList(before, registry.requests.size()).stream()
                .filter(request -> request.contains(Digest.of(layer).toString()))
                .toList();
        if (point.equals("image.partial-appended")) {
            assertThat(after).singleElement().asString().matches(".* bytes=[1-9][0-9]*-");
        } else {
            assertThat(after).as("all of it was here").isEmpty();
        }
    }

    @Test
    void whatIsOnlyPartlyHereGoesAfterADay() throws Exception {
        byte[] layer = archive().file("big", random(200_000)).bytes();
        Digest digest = image(layer);
        try (ArmedCrash crash = CrashPoint.arm("image.partial-appended", 1)) {
            assertThatThrownBy(() -> pull(digest)).isInstanceOf(SimulatedCrash.class);
        }
        newAgent();
        store.removePartials(Clock.systemUTC().instant().minusSeconds(60));
        assertThat(partials()).hasSize(1);
        store.removePartials(Clock.systemUTC().instant().plusSeconds(60));
        assertThat(partials()).isEmpty();
    }

    @Test
    void otherBytesThanTheDigestSaysAreDropped() throws Exception {
        byte[] layer = archive().file("one", "1").bytes();
        Digest digest = image(layer);
        registry.blobs.put(Digest.of(layer), archive().file("one", "2").bytes());

        assertThatThrownBy(() -> pull(digest)).hasMessageContaining("another digest");

        assertThat(partials()).isEmpty();
        assertThat(store.list()).isEmpty();
        registry.blob(layer);
        assertThat(pull(digest).image().layers()).hasSize(1);
    }

    @Test
    void moreBytesThanTheManifestSaysAreRefused() throws Exception {
        byte[] layer = archive().file("one", "1").bytes();
        Digest digest = image(layer);
        byte[] more = java.util.Arrays.copyOf(layer, layer.length + 100_000);
        registry.blobs.put(Digest.of(layer), more);

        assertThatThrownBy(() -> pull(digest)).isInstanceOf(IOException.class);
        assertThat(store.list()).isEmpty();
    }

    @Test
    void aHostileLayerLeavesNothing() throws Exception {
        Digest digest = image(archive().file("../evil", "x").bytes());
        assertThatThrownBy(() -> pull(digest)).hasMessageContaining("../evil");
        assertThat(partials()).isEmpty();
        assertThat(store.list()).isEmpty();
        assertThat(directory.resolve("store/layers/evil")).doesNotExist();
    }

    @Test
    void aFullDiskIsNamedAndGetsItsSpaceBack() throws Exception {
        byte[] layer = archive().file("big", random(600_000)).bytes();
        Digest digest = image(layer);
        Path disk = Files.createDirectories(directory.resolve("disk"));
        Mounts.mount("gantry-test", disk, "tmpfs", Mounts.NOSUID | Mounts.NODEV, "size=400k");
        try {
            DiskImageStore small = DiskImageStore.open(disk.resolve("store"), LIMITS, "boot", Clock.systemUTC());
            try (RegistryPulls there = new RegistryPulls(small, () -> List.of(registry.client()), new Random(1))) {
                CompletableFuture<Pulled> pull = there.pull(wanted(digest));
                assertThatThrownBy(() -> pull.get(20, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(StoreFullException.class)
                        .hasMessageContaining(disk.toString());
                assertThat(registry.downloads(Digest.of(layer)))
                        .as("another try would not help")
                        .isEqualTo(1);
                assertThat(disk.resolve("store/partial")).isEmptyDirectory();
                assertThat(disk.resolve("store/tmp")).isEmptyDirectory();
                Digest little = image(archive().file("little", "x").bytes());
                assertThat(there.pull(wanted(little))
                                .get(20, TimeUnit.SECONDS)
                                .image()
                                .layers())
                        .hasSize(1);
            }
        } finally {
            Mounts.unmount(disk, true);
        }
    }

    @Test
    void layersOfAnotherNumberThanTheConfigurationSaysAreRefused() throws Exception {
        byte[] one = archive().file("one", "1").bytes();
        Digest digest = registry.image(config(), one);
        assertThatThrownBy(() -> pull(digest)).hasMessageContaining("names 1 layers, its configuration 0");
    }

    @Test
    void takesGzipAndTheManifestOfThisPlatform() throws Exception {
        byte[] plain = archive().file("zipped", "z").bytes();
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(plain);
        }
        Digest mine = registry.image(config(Digest.of(plain)), gzip.toByteArray());
        String host =
                dev.gantry.common.registry.Descriptor.Platform.ofThisHost().architecture();
        Digest index = registry.manifest("""
                {"schemaVersion":2,"manifests":[
                 {"mediaType":"%1$s","digest":"%2$s","size":1,"platform":{"os":"linux","architecture":"s390x"}},
                 {"mediaType":"%1$s","digest":"%3$s","size":1,"platform":{"os":"linux","architecture":"%4$s"}}]}""".formatted(Manifest.OCI_MANIFEST, Digest.of("another"), mine, host)
                .getBytes(UTF_8));
        registry.indexes.add(index);

        Image image = pull(index).image();

        assertThat(image.digest()).as("the name's digest is the image's").isEqualTo(index.toString());
        assertThat(image.layers().getFirst().resolve("zipped")).hasContent("z");
        newAgent();
        assertThat(store.find(index.toString())).isPresent();
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        Digest unknown = Digest.of("unknown");
        assertThatThrownBy(() -> pull(unknown)).hasMessageContaining("does not hold " + unknown);
        assertThat(registry.requests)
                .as("asked once: it will not come by itself")
                .hasSize(1);
        registry.refusesWith = 503;
        assertThatThrownBy(() -> pull(unknown)).hasMessageContaining("503");
        assertThat(registry.requests).as("tried again").hasSizeGreaterThan(3);
    }

    @Test
    void asksTheNextControlPlaneForWhatTheFirstDoesNotHold() throws Exception {
        byte[] layer = archive().file("one", "1").bytes();
        Digest digest = image(layer);
        try (FakeRegistry empty = new FakeRegistry();
                RegistryPulls both = new RegistryPulls(
                        store, () -> List.<Registry>of(empty.client(), registry.client()), new Random(1))) {
            assertThat(both.pull(wanted(digest))
                            .get(20, TimeUnit.SECONDS)
                            .image()
                            .layers())
                    .hasSize(1);
        }
    }

    @Test
    void aNameOfAnotherRegistryIsResolvedThere() throws Exception {
        byte[] layer = archive().file("one", "1").bytes();
        Digest digest = image(layer);
        registry.tags.put("1", digest);
        String name = registry.host() + "/shop/web:1";

        Pulled pulled = pull(external(name));

        assertThat(pulled.image().digest()).isEqualTo(digest.toString());
        assertThat(pulled.image().names()).containsExactly(name);
        assertThat(store.findNamed(name)).isPresent();
        Digest newer = image(archive().file("one", "2").bytes());
        registry.tags.put("1", newer);
        assertThat(pull(external(name)).image().digest()).as("asked again").isEqualTo(newer.toString());
        assertThat(store.findNamed(name).orElseThrow().digest()).isEqualTo(newer.toString());
        assertThatThrownBy(() -> pull(external(registry.host() + "/shop/web:2")))
                .hasMessageContaining(registry.host() + " does not hold 2 of shop/web");
        assertThatThrownBy(() -> pull(external("shop/web:1"))).hasMessageContaining("begins with no registry");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void logsInAsThePodSays(boolean token) throws Exception {
        Digest digest = image(archive().file("one", "1").bytes());
        registry.tags.put("1", digest);
        registry.user = "alice:secret";
        registry.wantsToken = token;
        String name = registry.host() + "/shop/web:1";

        assertThatThrownBy(() -> pull(external(name))).hasMessageContaining("401");
        assertThatThrownBy(() -> pull(external(name, login(registry.host(), "alice", "wrong"))))
                .hasMessageContaining("401")
                .message()
                .doesNotContain("wrong");
        assertThatThrownBy(() -> pull(external(name, login("elsewhere:5000", "alice", "secret"))))
                .as("a login for another registry is not shown to this one")
                .hasMessageContaining("401");
        assertThat(store.list()).isEmpty();
        assertThat(pull(external(
                                name,
                                login(registry.host(), "bob", "wrong"),
                                login(registry.host(), "alice", "secret")))
                        .image()
                        .digest())
                .isEqualTo(digest.toString());
    }

    @Test
    void aPasswordIsNotSentWithoutTls() throws Exception {
        for (String name : List.of("registry.invalid:5000/web:1", "10.255.255.1:1/web:1")) {
            assertThat(dev.gantry.common.registry.HttpRegistry.named(name.split("/", 2)[0], null)
                            .toString())
                    .as("TLS for everything but loopback")
                    .contains("https://");
        }
    }

    private static Wanted external(String name, RegistryLogin... logins) {
        return new Wanted(name, "", true, List.of(logins));
    }

    private static RegistryLogin login(String host, String user, String password) {
        return new RegistryLogin(host, new Login(user, password));
    }

    private Pulled pull(Digest digest) throws Exception {
        return pull(wanted(digest));
    }

    private Pulled pull(Wanted wanted) throws Exception {
        try {
            return pulls.pull(wanted).get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Exception failure -> throw failure;
                case Error error -> throw error;
                case null, default -> throw e;
            }
        }
    }

    private static Wanted wanted(Digest digest) {
        return new Wanted("shop/web:1", digest.toString());
    }

    private Digest image(byte[]... layers) throws IOException {
        return registry.image(config(Stream.of(layers).map(Digest::of).toArray(Digest[]::new)), layers);
    }

    private static byte[] config(Digest... diffIds) {
        String list = String.join(
                ",", Stream.of(diffIds).map(digest -> "\"" + digest + "\"").toList());
        return """
                {"architecture":"amd64","os":"linux","config":{"Cmd":["/one"]},"rootfs":{"type":"layers","diff_ids":[%s]}}""".formatted(list).getBytes(UTF_8);
    }

    private static String random(int bytes) {
        StringBuilder text = new StringBuilder(bytes);
        Random random = new Random(bytes);
        for (int i = 0; i < bytes; i++) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    private List<Path> partials() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("store/partial"))) {
            return files.toList();
        }
    }
}
