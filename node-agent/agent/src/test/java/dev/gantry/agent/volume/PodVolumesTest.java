package dev.gantry.agent.volume;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.volume.VolumeSource.EmptyDir;
import dev.gantry.agent.volume.VolumeSource.HostPath;
import dev.gantry.agent.volume.VolumeSource.HostPathKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Volumes over the real kernel; what needs root says so. */
class PodVolumesTest {
    private static final VolumeOwner ROOT = new VolumeOwner(OptionalLong.empty());
    private static final VolumeSource.Files CONFIG = new VolumeSource.Files("config", false);

    @TempDir
    Path temporary;

    private Path directory;
    private PodVolumes volumes;

    @BeforeEach
    void begin() throws Exception {
        directory = temporary.toRealPath();
        volumes = new PodVolumes(directory.resolve("disk"), directory.resolve("memory"), new LinuxVolumeKernel());
    }

    @Test
    void swapsAllFilesAtOnce() throws Exception {
        write(file("a", "1"), file("deep/b", "1"));
        Path root = volumes.mountSource("uid", CONFIG, "");
        Path data = root.resolve("..data");
        Path first = Files.readSymbolicLink(data);
        write(file("a", "1"), file("deep/b", "1"));
        assertThat(Files.readSymbolicLink(data)).isEqualTo(first);
        write(file("a", "2"), file("c", "2"));
        assertThat(root.resolve("a")).hasContent("2");
        assertThat(root.resolve("c")).hasContent("2");
        assertThat(root.resolve("deep")).doesNotExist();
        assertThat(root.resolve(first)).doesNotExist();
        assertThat(Files.readSymbolicLink(root.resolve("a"))).isEqualTo(Path.of("..data/a"));
        try (Stream<Path> entries = Files.list(root)) {
            assertThat(entries).hasSize(4);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("a"))))
                .isEqualTo("rw-r-----");
    }

    @Test
    void refusesFilesThatLeaveTheVolume() {
        for (String path : List.of("../x", "/x", "a/../../x", "", ".", "..data", "..x/y", "a//b", "a/")) {
            assertThatThrownBy(() -> write(file(path, "evil")))
                    .as(path)
                    .isInstanceOf(VolumeException.class)
                    .hasMessageContaining("relative path");
        }
        assertThat(directory.resolve("x")).doesNotExist();
    }

    @Test
    void keepsTheOldFilesWhenNewOnesCanNotBeWritten() throws Exception {
        write(file("a", "1"));
        assertThatThrownBy(() -> write(file("a", "2"), file("a/b", "2"))).isInstanceOf(IOException.class);
        Path root = volumes.mountSource("uid", CONFIG, "");
        assertThat(root.resolve("a")).hasContent("1");
        try (Stream<Path> entries = Files.list(root)) {
            assertThat(entries).hasSize(3);
        }
    }

    @Test
    void followsAChangeOfModeAlone() throws Exception {
        write(file("a", "1"));
        Path root = volumes.mountSource("uid", CONFIG, "");
        volumes.writeFiles("uid", CONFIG, List.of(new VolumeFile("a", "1".getBytes(UTF_8), 0400)), ROOT);
        assertThat(Files.getPosixFilePermissions(root.resolve("a"))).containsExactly(PosixFilePermission.OWNER_READ);
        Path data = root.resolve("..data").toRealPath();
        volumes.writeFiles("uid", CONFIG, List.of(new VolumeFile("a", "1".getBytes(UTF_8), 0400)), ROOT);
        assertThat(root.resolve("..data").toRealPath()).isEqualTo(data);
    }

    @Test
    void checksAndMakesHostPaths() throws Exception {
        Path missing = directory.resolve("host/missing");
        assertThatThrownBy(() -> setUp(missing, HostPathKind.DIRECTORY)).hasMessageContaining("does not exist");
        assertThatThrownBy(() -> setUp(missing, HostPathKind.FILE_OR_CREATE)).hasMessageContaining("FileOrCreate");
        setUp(missing, HostPathKind.DIRECTORY_OR_CREATE);
        assertThat(missing).isDirectory();
        setUp(missing.resolve("file"), HostPathKind.FILE_OR_CREATE);
        assertThat(missing.resolve("file")).isRegularFile();
        assertThatThrownBy(() -> setUp(missing, HostPathKind.SOCKET)).hasMessageContaining("not a UNIX socket");
        assertThatThrownBy(() -> setUp(missing, HostPathKind.FILE)).hasMessageContaining("not a regular file");
        setUp(Path.of("/dev/null"), HostPathKind.CHARACTER_DEVICE);
        assertThatThrownBy(() -> setUp(missing.resolve("../x"), HostPathKind.ANY))
                .hasMessageContaining("'..'");
        Path link = Files.createSymbolicLink(directory.resolve("link"), missing);
        assertThat(volumes.mountSource("uid", new HostPath("h", link.toString(), HostPathKind.DIRECTORY), ""))
                .isEqualTo(missing);
    }

    @Test
    void resolvesSubPathsBeneathTheVolume() throws Exception {
        EmptyDir data = new EmptyDir("data", false, 0);
        volumes.setUp("uid", data, ROOT);
        Path root = volumes.mountSource("uid", data, "");
        assertThat(volumes.mountSource("uid", data, "a/b"))
                .isEqualTo(root.resolve("a/b"))
                .isDirectory();
        Files.createSymbolicLink(root.resolve("out"), Path.of("/etc"));
        Files.createSymbolicLink(root.resolve("up"), Path.of("../../../.."));
        assertThatThrownBy(() -> volumes.mountSource("uid", data, "out/passwd-of-nobody"))
                .isInstanceOf(VolumeException.class);
        Files.createDirectory(root.resolve("etc"));
        assertThat(volumes.mountSource("uid", data, "out/passwd-of-nobody")).startsWith(root.resolve("etc"));
        assertThat(volumes.mountSource("uid", data, "up")).isEqualTo(root);
        assertThat(Path.of("/etc/passwd-of-nobody")).doesNotExist();
        for (String path : List.of("/etc", "..", "../x", "a/../../x", "a/..")) {
            assertThatThrownBy(() -> volumes.mountSource("uid", data, path)).hasMessageContaining("without '..'");
        }
    }

    /** As in CVE-2021-25741: a container swaps a directory for a link while the agent resolves a sub-path through it. */
    @Test
    void neverLeavesTheVolumeHoweverItsLinksAreSwapped() throws Exception {
        EmptyDir data = new EmptyDir("data", false, 0);
        volumes.setUp("uid", data, ROOT);
        Path root = volumes.mountSource("uid", data, "");
        Path outsideParent = directory.resolve("outside");
        Path outside = Files.createDirectories(outsideParent.resolve("target"));
        Files.createDirectories(root.resolve("swap/target"));
        AtomicBoolean done = new AtomicBoolean();
        Thread attacker = Thread.ofPlatform().start(() -> swapUntil(done, root, outsideParent));
        try {
            for (int i = 0; i < 2000; i++) {
                Path resolved;
                try {
                    resolved = volumes.mountSource("uid", data, "swap/target");
                } catch (VolumeException e) {
                    continue; // the directory was away at that moment
                }
                assertThat(resolved).startsWithRaw(root);
            }
        } finally {
            done.set(true);
            attacker.join();
        }
        try (Stream<Path> entries = Files.list(outside)) {
            assertThat(entries).isEmpty();
        }
    }

    private static void swapUntil(AtomicBoolean done, Path root, Path outside) {
        Path swap = root.resolve("swap");
        Path aside = root.resolve("aside");
        while (!done.get()) {
            try {
                Files.move(swap, aside);
                Files.createSymbolicLink(swap, outside);
                Files.delete(swap);
                Files.move(aside, swap);
            } catch (IOException e) {
                // the resolver made the directory anew meanwhile: the attack goes on with that
                try {
                    Trees.delete(aside);
                } catch (IOException ignored) {
                    return;
                }
            }
        }
    }

    @Test
    @Tag("root")
    void mountsMemoryWithItsOwnerAndFreesIt() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount a tmpfs");
        EmptyDir scratch = new EmptyDir("scratch", true, 1 << 20);
        VolumeOwner group = new VolumeOwner(OptionalLong.of(7));
        volumes.setUp("uid", scratch, group);
        Path root = volumes.mountSource("uid", scratch, "");
        Files.writeString(root.resolve("file"), "kept");
        volumes.setUp("uid", scratch, group);
        assertThat(root.resolve("file")).hasContent("kept");
        assertThat((int) Files.getAttribute(root, "unix:mode") & 07777).isEqualTo(02777);
        assertThat(Files.getAttribute(root, "unix:uid")).isEqualTo(0);
        assertThat(Files.getAttribute(root, "unix:gid")).isEqualTo(7);
        assertThat(Files.getFileStore(root).getTotalSpace()).isEqualTo(1 << 20);
        assertThatThrownBy(() -> Files.write(root.resolve("big"), new byte[2 << 20]))
                .isInstanceOf(IOException.class);
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).contains(root.toString());
        volumes.tearDown("uid");
        volumes.tearDown("uid");
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(root.toString());
        assertThat(root.getParent()).doesNotExist();
    }

    @Test
    @Tag("root")
    void givesFilesToTheGroup() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root to change owners");
        volumes.setUp("uid", CONFIG, new VolumeOwner(OptionalLong.of(7)));
        volumes.writeFiles(
                "uid",
                CONFIG,
                List.of(new VolumeFile("key", "k".getBytes(UTF_8), 0400)),
                new VolumeOwner(OptionalLong.of(7)));
        Path key = volumes.mountSource("uid", CONFIG, "").resolve("key");
        assertThat(Files.getAttribute(key, "unix:gid")).isEqualTo(7);
        assertThat((int) Files.getAttribute(key, "unix:mode") & 07777).isEqualTo(0440);
    }

    @Test
    void freesWhatBelongsToNoPod() throws Exception {
        EmptyDir data = new EmptyDir("data", false, 0);
        volumes.setUp("known", data, ROOT);
        volumes.setUp("unknown", data, ROOT);
        Path unknown = volumes.mountSource("unknown", data, "");
        Files.createSymbolicLink(unknown.resolve("link"), directory.resolve("disk/known"));
        volumes.tearDownAllBut(List.of("known"));
        assertThat(unknown.getParent()).doesNotExist();
        assertThat(volumes.mountSource("known", data, "")).isDirectory();
    }

    private void setUp(Path path, HostPathKind kind) throws IOException {
        volumes.setUp("uid", new HostPath("h", path.toString(), kind), ROOT);
    }

    private void write(VolumeFile... files) throws IOException {
        volumes.setUp("uid", CONFIG, ROOT);
        volumes.writeFiles("uid", CONFIG, List.of(files), ROOT);
    }

    private static VolumeFile file(String path, String content) {
        return new VolumeFile(path, content.getBytes(UTF_8), 0640);
    }
}
