package dev.gantry.agent.build;

import static dev.gantry.agent.image.Archive.archive;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.image.Archive;
import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImageConfig;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.OciImage;
import dev.gantry.agent.image.Root;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.StepFinished;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("root")
class ImageBuilderTest {
    private static final TarLimits LIMITS = new TarLimits(1000, 1 << 20);

    @TempDir
    Path directory;

    private final List<FromBuilder> events = new CopyOnWriteArrayList<>();
    private DiskImageStore store;
    private FakeRuntime runtime = new FakeRuntime();
    private ImageBuilder builder;
    private ImagePulls pulls = ImagePulls.NONE;
    private ImagePublisher publisher = ImagePublisher.NONE;

    @BeforeEach
    void open() throws IOException {
        Root.assume();
        reopen();
        BuildResult base = build(
                BuildRequest.newBuilder().setImportRoot(true).addNames("base"),
                archive()
                        .directory("bin", 0755)
                        .file("bin/sh", "shell", 0755, 0, 0)
                        .file("etc/passwd", "root:x:0:0::/:\nweb:x:101:102::/:/bin/sh\n")
                        .file("etc/group", "root:x:0:\nstaff:x:50:\n")
                        .directory("usr/lib", 0755)
                        .symbolicLink("lib", "usr/lib"));
        assertThat(base.getError()).isEmpty();
    }

    @Test
    void buildsAnImageFromScratch() throws IOException {
        Image image = built(
                """
                FROM scratch
                COPY --chmod=755 server /bin/
                COPY conf /etc/server
                ENV MODE=fast GREETING="hello world"
                WORKDIR /data
                USER 1000:1000
                EXPOSE 80 53/udp
                LABEL a=b
                VOLUME ["/data"]
                STOPSIGNAL SIGINT
                ENTRYPOINT ["/bin/server"]
                CMD ["--mode", "x"]
                HEALTHCHECK --interval=5s CMD check
                """, archive().file("server", "binary").file("conf/a", "a").file("conf/sub/b", "b"), "web:1");

        ImageConfig config = image.config();
        assertThat(config.environment()).containsExactly("MODE=fast", "GREETING=hello world");
        assertThat(config.workingDirectory()).isEqualTo("/data");
        assertThat(config.user()).isEqualTo("1000:1000");
        assertThat(config.exposedPorts()).containsExactly("53/udp", "80/tcp");
        assertThat(config.labels()).containsEntry("a", "b");
        assertThat(config.volumes()).containsExactly("/data");
        assertThat(config.stopSignal()).isEqualTo("SIGINT");
        assertThat(config.entrypoint()).containsExactly("/bin/server");
        assertThat(config.command()).containsExactly("--mode", "x");
        assertThat(files(image)).contains("bin/server", "etc/server/a", "etc/server/sub/b", "data");
        assertThat(image.names()).containsExactly("web:1");
        OciImage described = store.describe(Digest.parse(image.digest())).orElseThrow();
        assertThat(described.created()).isEqualTo(Archive.TIME);
        assertThat(described.history()).hasSize(12);
        assertThat(described.history().stream().filter(h -> !h.emptyLayer())).hasSameSizeAs(described.diffIds());
        assertThat(described.healthcheck()).isNotNull();
    }

    @Test
    void runsCommandsWithoutAnybodysNetwork() throws IOException {
        Image image = built("""
                FROM base
                ARG VERSION=0
                ENV A=1
                WORKDIR /app
                USER web
                RUN write out ${VERSION}; print hello; error oops
                RUN remove out
                """, archive(), "web:1");

        ContainerConfig config = runtime.started.getFirst();
        assertThat(config.arguments())
                .containsExactly("/bin/sh", "-c", "write out ${VERSION}; print hello; error oops");
        assertThat(config.environment())
                .containsEntry("VERSION", "0")
                .containsEntry("A", "1")
                .containsKey("PATH");
        assertThat(config.workingDirectory()).isEqualTo("/app");
        assertThat(config.user()).isEqualTo("web");
        assertThat(config.namespaces().network()).isEqualTo("/fake/network");
        assertThat(config.security().privileged()).isFalse();
        assertThat(files(image)).doesNotContain("out");
        assertThat(events.stream()
                        .filter(FromBuilder::hasStepOutput)
                        .map(e -> e.getStepOutput().getOutput().toStringUtf8()))
                .containsExactly("hello\n", "oops\n");
        assertThat(runtime.containers).isEmpty();
    }

    @Test
    void stagesGiveFilesToOthers() throws IOException {
        Image image = built("""
                FROM base AS one
                RUN write built/a 1
                FROM base AS two
                RUN write built/b 2
                FROM scratch
                COPY --from=one /built/a /
                COPY --from=two /built /
                COPY --from=base --chown=5 /etc/passwd /
                """, archive(), "web:1");

        assertThat(files(image)).contains("a", "b", "passwd").doesNotContain("bin/sh");
    }

    @Test
    void unchangedStepsComeFromTheCache() throws IOException {
        String file = "FROM base\nCOPY a /a\nRUN write r 1\nCOPY b /b\nRUN write s 2\n";
        Image first = built(file, archive().file("a", "1").file("b", "2"), "web:1");
        assertThat(runtime.started).hasSize(2);

        Image same = built(
                file,
                archive()
                        .at(Instant.parse("2026-01-01T00:00:00Z"))
                        .file("a", "1")
                        .file("b", "2"),
                "web:2");
        assertThat(same.digest()).isEqualTo(first.digest());
        assertThat(runtime.started).hasSize(2);
        assertThat(events.stream()
                        .filter(FromBuilder::hasStepFinished)
                        .map(FromBuilder::getStepFinished)
                        .filter(StepFinished::getCached))
                .hasSize(4);

        Image changed = built(file, archive().file("a", "1").file("b", "other"), "web:3");
        assertThat(changed.digest()).isNotEqualTo(first.digest());
        assertThat(runtime.started).hasSize(3);
        built(file, archive().file("a", "1", 0755, 0, 0).file("b", "2"), "web:4");
        assertThat(runtime.started).hasSize(5);
    }

    @Test
    void theSameInputGivesTheSameImageWithoutACache() throws IOException {
        String file = "FROM base\nCOPY a /a\nRUN write d/r 1\n";
        Image first = built(file, archive().file("a", "1"), "web:1");

        BuildResult again =
                build(request(file).setNoCache(true), context(file, archive().file("a", "1")));

        assertThat(again.getDigest()).isEqualTo(first.digest());
        assertThat(runtime.started).hasSize(2);
    }

    @Test
    void aCollectedLayerIsMadeAgain() throws IOException {
        String file = "FROM base\nRUN write r 1\n";
        Image image = built(file, archive(), "web:1");
        store.remove(Digest.parse(image.digest()));
        store.collect(1, Instant.MAX);

        assertThat(built(file, archive(), "web:1").digest()).isEqualTo(image.digest());
        assertThat(runtime.started).hasSize(2);
    }

    @Test
    void aFailedCommandChangesNothing() throws IOException {
        Image before = built("FROM base\n", archive(), "web:1");
        String file = "FROM base\nRUN write x 1\nRUN exit 3\n";

        BuildResult result = build(request(file).addNames("web:1"), context(file, archive()));

        assertThat(result.getError()).isEqualTo("RUN exit 3 exited with code 3");
        assertThat(result.getErrorLine()).isEqualTo(3);
        assertThat(result.getExitCode()).isEqualTo(3);
        assertThat(result.getDigest()).isEmpty();
        assertThat(store.find(ImageName.parse("web:1")).map(Image::digest)).contains(before.digest());
        assertThat(temporary()).isEmpty();
        assertThat(runtime.containers).isEmpty();
    }

    @Test
    void anInterruptCancelsAndLeavesNothing() throws Exception {
        String file =
                "FROM base AS a\nRUN block\nFROM base AS b\nRUN block\nFROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\n";
        FutureTask<BuildResult> build =
                new FutureTask<>(() -> build(request(file).addNames("web:1"), context(file, archive())));
        Thread thread = Thread.ofVirtual().start(build);
        runtime.blocked.await();
        thread.interrupt();

        assertThat(build.get().getError()).contains("cancelled");
        assertThat(runtime.containers).isEmpty();
        assertThat(temporary()).isEmpty();
        assertThat(store.find(ImageName.parse("web:1"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "COPY a /x|x",
                "COPY a /x/|x/a",
                "COPY a b /x/|x/a,x/b",
                "COPY dir /x|x,x/c,x/sub/d",
                "COPY dir /x/|x/c,x/sub/d",
                "COPY dir /|c,sub/d",
                "COPY *.txt /x/|x/t.txt",
                "COPY d*/c /x/|x/c",
                "COPY **/d /x/|x/d",
                "COPY ./dir/../a /x|!leads out of the context",
                "COPY ../a /x|!leads out of the context",
                "COPY /../../etc/passwd /x|!leads out of the context",
                "COPY out /x|!the source out is not in the context",
                "COPY nothing /x|!the source nothing is not in the context",
                "COPY ignored /x|!.dockerignore leaves it out",
                "COPY a b /x|!must end with a slash",
                "COPY a /lib/|usr/lib/a",
                "COPY link /x|x",
                "COPY [\"with space\", \"/x\"]|x",
                "COPY --chmod=abc a /x|!expected octal digits",
                "COPY --chown=nobody a /x|!not in the image's /etc/passwd",
                "COPY --chown=web:staff a /x|x",
                "COPY a /etc/passwd/|!no directory",
                "COPY dir /etc/passwd|!no directory",
                "ADD archive.tar /x|x/inner,x/deep/file",
                "ADD a /x/|x/a",
                "COPY . /all|all/a,all/dir/sub/d",
            })
    void copiesLikeDocker(String instruction, String expected) throws IOException {
        Archive files = archive()
                .file(".dockerignore", "ignored\nDockerfile\n")
                .file("a", "A")
                .file("b", "B")
                .file("dir/c", "C")
                .file("dir/sub/d", "D")
                .file("t.txt", "T")
                .file("ignored", "I")
                .file("with space", "W")
                .symbolicLink("out", "../../../../etc/passwd")
                .symbolicLink("link", "dir/c")
                .file(
                        "archive.tar",
                        new String(
                                archive()
                                        .file("inner", "i")
                                        .file("deep/file", "f")
                                        .bytes(),
                                java.nio.charset.StandardCharsets.ISO_8859_1));
        String file = "FROM base\n" + instruction + "\n";

        BuildResult result = build(request(file), context(file, files));

        if (expected.startsWith("!")) {
            assertThat(result.getError()).contains(expected.substring(1));
            assertThat(result.getErrorLine()).isEqualTo(2);
            assertThat(temporary()).isEmpty();
        } else {
            assertThat(result.getError()).isEmpty();
            assertThat(files(store.find(result.getDigest()).orElseThrow()))
                    .contains(expected.split(","))
                    .doesNotContain("all/ignored", "all/Dockerfile");
        }
    }

    @Test
    void ownersAndHereDocuments() throws IOException {
        Image image = built("""
                FROM base
                ARG WHO=world
                COPY --chown=web:staff <<hello <<'raw' /x/
                hello $WHO
                hello
                hello $WHO
                raw
                """, archive(), "web:1");

        try (MergedTree tree = MergedTree.open(image.layers())) {
            assertThat(tree.read("x/hello", 100))
                    .contains("hello world\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(tree.read("x/raw", 100))
                    .contains("hello $WHO\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(tree.find("x/hello").orElseThrow().status().uid()).isEqualTo(101);
            assertThat(tree.find("x/hello").orElseThrow().status().gid()).isEqualTo(50);
        }
    }

    @Test
    void contextsCannotReachOut() throws IOException {
        for (Archive hostile : List.of(
                archive().file("../evil", "x"),
                archive().symbolicLink("d", "/tmp").file("d/evil", "x"),
                archive().hardLink("h", "/etc/shadow"),
                archive().special("dev", dev.gantry.agent.tar.TarEntry.Type.CHARACTER_DEVICE, 1, 3))) {
            BuildResult result = build(request("FROM base\n"), context("FROM base\n", hostile));
            assertThat(result.getError()).startsWith("Archive entry \"");
            assertThat(temporary()).isEmpty();
        }
    }

    @Test
    void passwdAsALinkOrAFifoNeverLeadsOutOrBlocks() throws IOException {
        build(
                BuildRequest.newBuilder().setImportRoot(true).addNames("evil"),
                archive()
                        .symbolicLink("etc/passwd", "/../../../../../../etc/shadow")
                        .special("etc/group", dev.gantry.agent.tar.TarEntry.Type.FIFO, 0, 0)
                        .file("a", ""));
        String file = "FROM evil\nCOPY --chown=root:root x /x\n";

        BuildResult result = build(request(file), context(file, archive().file("x", "")));

        assertThat(result.getError()).contains("not in the image's /etc/passwd");
    }

    @Test
    void triggersOfTheBaseRun() throws IOException {
        built("FROM base\nONBUILD COPY a /triggered\nONBUILD ENV T=1\n", archive(), "trigger");
        Image image = built("FROM trigger\n", archive().file("a", "A"), "web:1");

        assertThat(files(image)).contains("triggered");
        assertThat(image.config().environment()).contains("T=1");
        assertThat(store.describe(Digest.parse(image.digest())).orElseThrow().onBuild())
                .isEmpty();
    }

    @Test
    void namesMeanWhatTheClusterSays() throws IOException {
        Image other = built("FROM base\nENV WHICH=other\n", archive(), "other");
        String file = "FROM name\nENV X=1\n";

        BuildResult known =
                build(request(file).putImageDigests("name:latest", other.digest()), context(file, archive()));
        BuildResult absent = build(
                request(file).putImageDigests("name", Digest.of("elsewhere").toString()), context(file, archive()));
        BuildResult unknown = build(request(file), context(file, archive()));

        assertThat(store.find(known.getDigest()).orElseThrow().config().environment())
                .contains("WHICH=other", "X=1");
        assertThat(absent.getError()).contains("which this host doesn't hold");
        assertThat(unknown.getError()).contains("the image name:latest is not known");
        assertThat(unknown.getErrorLine()).isEqualTo(1);
    }

    @Test
    void problemsOfTheDockerfileComeWithTheirLine() throws IOException {
        BuildResult result = build(request("FROM base\nRNU x\n"), context("FROM base\nRNU x\n", archive()));
        assertThat(result.getError()).contains("did you mean RUN?");
        assertThat(result.getErrorLine()).isEqualTo(2);

        BuildResult missing = build(BuildRequest.newBuilder(), archive().file("x", ""));
        assertThat(missing.getError()).contains("the context has no file Dockerfile");
        BuildResult badName = build(request("FROM base\n").addNames("Web"), context("FROM base\n", archive()));
        assertThat(badName.getError()).contains("names are lower case");
    }

    @ParameterizedTest
    @ValueSource(strings = {"build.container-started", "build.container-removed", "build.cache-entry-written"})
    void aDeathWithinABuildLeavesNothing(String point) throws IOException {
        String file = "FROM base\nRUN write r 1\n";
        try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
            build(request(file).addNames("web:1"), context(file, archive()));
        } catch (SimulatedCrash | IllegalStateException e) {
            assertThat(e).hasStackTraceContaining("Simulated crash");
        }
        reopen();
        builder.removeLeftovers();

        assertThat(runtime.containers).isEmpty();
        assertThat(temporary()).isEmpty();
        assertThat(store.find(ImageName.parse("web:1"))).isEmpty();
        assertThat(built(file, archive(), "web:1").names()).containsExactly("web:1");
    }

    private Image built(String dockerfile, Archive files, String name) throws IOException {
        BuildResult result = build(request(dockerfile).addNames(name), context(dockerfile, files));
        assertThat(result.getError()).isEmpty();
        assertThat(temporary()).isEmpty();
        return store.find(result.getDigest()).orElseThrow();
    }

    private BuildResult build(BuildRequest.Builder request, Archive context) {
        events.clear();
        return builder.build(request.build(), new ByteArrayInputStream(context.bytes()), events::add);
    }

    private static BuildRequest.Builder request(String dockerfile) {
        return BuildRequest.newBuilder().setNoCache(dockerfile.isEmpty());
    }

    private static Archive context(String dockerfile, Archive files) {
        return files.file("Dockerfile", dockerfile);
    }

    private void reopen() throws IOException {
        store = DiskImageStore.open(directory.resolve("store"), LIMITS, "boot", Clock.systemUTC());
        builder = new ImageBuilder(
                store,
                runtime,
                FakeNetwork::new,
                pulls,
                publisher,
                ImageBuilder.Settings.defaults(),
                Clock.systemUTC());
    }

    private static final class FakeNetwork implements IsolatedNetwork {
        @Override
        public String path() {
            return "/fake/network";
        }

        @Override
        public void close() {}
    }

    private List<Path> temporary() throws IOException {
        try (Stream<Path> paths = Files.list(directory.resolve("store/tmp"))) {
            return paths.toList();
        }
    }

    private static List<String> files(Image image) throws IOException {
        List<String> paths = new java.util.ArrayList<>();
        try (MergedTree tree = MergedTree.open(image.layers())) {
            collect(tree, tree.find("").orElseThrow(), paths);
        }
        return paths;
    }

    private static void collect(MergedTree tree, MergedTree.Node directory, List<String> paths) throws IOException {
        for (MergedTree.Node child : tree.list(directory).values()) {
            paths.add(child.path());
            if (child.status().isDirectory()) {
                collect(tree, child, paths);
            }
        }
    }
}
