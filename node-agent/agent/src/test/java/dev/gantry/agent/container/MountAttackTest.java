package dev.gantry.agent.container;

import static dev.gantry.agent.container.ContainerFixture.exec;
import static dev.gantry.agent.container.ContainerFixture.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.container.ContainerRuntime.Container;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Links and races that would lead a mount, or a process, out of its container. */
@Tag("root")
class MountAttackTest extends ContainerTestFrame {
    /** All that a launcher could have open, closed as it starts, and some of the others. */
    private static final List<Integer> DESCRIPTORS = IntStream.rangeClosed(3, 1023)
            .filter(number -> number < 64 || number % 32 == 31)
            .boxed()
            .toList();

    private static final int RACES = 500;

    @Test
    void aLeakedDescriptorIsNoWorkingDirectory() {
        for (int descriptor : DESCRIPTORS) {
            String path = "/proc/self/fd/" + descriptor;
            assertThatThrownBy(() -> fixture.container("pwd").directory(path).start())
                    .describedAs(path)
                    .isInstanceOf(ContainerException.class);
        }
        for (int descriptor = 3; descriptor < 20; descriptor++) {
            String path = "/proc/self/fd/%s/../..".formatted(descriptor);
            assertThatThrownBy(() -> fixture.container("pwd").directory(path).start())
                    .describedAs(path)
                    .isInstanceOf(ContainerException.class);
        }
    }

    @Test
    void aLeakedDescriptorIsNoWorkingDirectoryOfAnExec() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Path work = Files.createDirectories(volume.resolve("work"));
        Container container = fixture.container("sleep", "1000")
                .mount(volume, "/v", false)
                .directory("/v/work")
                .start();
        assertThat(exec(container, "pwd").output()).isEqualTo("/v/work\n");
        Files.delete(work);
        for (int descriptor : DESCRIPTORS) {
            Path target = Path.of("/proc/self/fd/" + descriptor);
            Files.createSymbolicLink(work, target);
            assertThatThrownBy(() -> exec(container, "pwd"))
                    .describedAs(target.toString())
                    .isInstanceOf(ContainerException.class);
            Files.delete(work);
        }
    }

    @Test
    void imagesCannotDivertWhatIsMountedForThem() throws Exception {
        for (String name : List.of("proc", "sys", "dev")) {
            Path layer = Files.createDirectories(directory.resolve("evil-" + name));
            Files.createSymbolicLink(layer.resolve(name), Path.of("/etc"));
            assertThatThrownBy(() -> fixture.container("true")
                            .layers(List.of(layer, fixture.image))
                            .start())
                    .isInstanceOf(ContainerException.class)
                    .hasMessageContaining(name);
        }
    }

    @Test
    void mountTargetsStayInTheRoot() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Files.writeString(volume.resolve("file"), "hello");
        Path layer = Files.createDirectories(directory.resolve("evil"));
        Path host = Files.createDirectories(directory.resolve("host"));
        Files.createSymbolicLink(layer.resolve("data"), host);
        String output = fixture.run(fixture.container("cat", host + "/deep/file")
                .layers(List.of(layer, fixture.image))
                .mount(volume, "/data/deep", false));
        assertThat(output).isEqualTo("hello");
        assertThat(host.toFile().list()).isEmpty();
    }

    @Test
    void volumesOverProcAndTheRootAreRefused() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        for (String target : List.of("/proc", "/proc/self", "/proc/sys/kernel", "/", "/tmp/..", "/proc/../proc")) {
            assertThatThrownBy(() -> fixture.container("true")
                            .mount(volume, target, false)
                            .start())
                    .describedAs(target)
                    .isInstanceOf(ContainerException.class);
        }
    }

    @Test
    void mountSourcesAreNoLinks() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Files.createSymbolicLink(volume.resolve("sub"), Path.of("/etc"));
        for (Path source : List.of(volume.resolve("sub"), volume.resolve("sub/ssl"))) {
            assertThatThrownBy(() ->
                            fixture.container("true").mount(source, "/v", false).start())
                    .isInstanceOf(ContainerException.class)
                    .hasMessageContaining("symbolic link");
        }
    }

    @Test
    void volumesOverLinksToProcAreRefused() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Path layer = Files.createDirectories(directory.resolve("evil"));
        Files.createSymbolicLink(layer.resolve("data"), Path.of("/proc"));
        Files.createSymbolicLink(layer.resolve("self"), Path.of("/proc/self/attr"));
        Files.createSymbolicLink(layer.resolve("top"), Path.of("/"));
        for (String target : List.of("/data", "/data/sys/kernel", "/self", "/top")) {
            assertThatThrownBy(() -> fixture.container("true")
                            .layers(List.of(layer, fixture.image))
                            .mount(volume, target, false)
                            .start())
                    .describedAs(target)
                    .isInstanceOf(ContainerException.class);
        }
    }

    @Test
    void imagesCannotDivertDevicesNorWhatIsMasked() throws Exception {
        Path outside = Files.writeString(directory.resolve("outside"), "untouched");
        Path layer = Files.createDirectories(directory.resolve("evil"));
        Files.createDirectory(layer.resolve("dev"));
        for (String name : List.of("console", "null", "pts", "shm", "ptmx", "fd", "mqueue", "tty")) {
            Files.createSymbolicLink(layer.resolve("dev").resolve(name), outside);
        }
        Container container = fixture.container("sh", "-c", "echo x > /dev/console; sleep 1000")
                .layers(List.of(layer, fixture.image))
                .terminal()
                .start();
        assertThat(sh(
                                container,
                                "stat -c '%F %t' /dev/console /dev/null /dev/tty; ls -d /dev/pts/0; cat /proc/timer_list /proc/keys")
                        .output())
                .isEqualTo(
                        "character special file 88\ncharacter special file 1\ncharacter special file 5\n/dev/pts/0\n");
        assertThat(Files.readString(outside)).isEqualTo("untouched");
        assertThat(sh(
                                container,
                                "grep -c -e ' /proc/timer_list ' -e ' /proc/keys ' -e ' /sys/firmware ' /proc/self/mounts")
                        .output())
                .isEqualTo("3\n");

        Files.createSymbolicLink(layer.resolve("hidden"), Path.of("/etc"));
        assertThatThrownBy(() -> fixture.container("true")
                        .layers(List.of(layer, fixture.image))
                        .masked(List.of("/hidden"))
                        .start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("/hidden");
    }

    @Test
    void swappedSourcesAndTargetsNeverLeadOutside() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Path other = Files.createDirectories(directory.resolve("other"));
        Path outside = Files.createDirectories(directory.resolve("outside"));
        Files.writeString(outside.resolve("probe"), "secret");
        Container swapping = fixture.container(
                        "sh",
                        "-c",
                        "mkdir /v/sub; ln -s %s /v/link; while true; do mv /v/sub /v/t; mv /v/link /v/sub; mv /v/sub /v/link; mv /v/t /v/sub; done"
                                .formatted(outside))
                .mount(volume, "/v", false)
                .start();
        int started = 0;
        for (int i = 0; i < RACES; i++) {
            try {
                Container victim = fixture.container("sh", "-c", "ls /v/sub /w; touch /v/sub/deep/seen")
                        .mount(volume.resolve("sub"), "/w", false)
                        .mount(volume, "/v", false)
                        .mount(other, "/v/sub/deep", false)
                        .start();
                ContainerFixture.await(victim);
                assertThat(fixture.output(victim.config().id())).doesNotContain("probe");
                victim.remove(false);
                started++;
            } catch (ContainerException e) {
                assertThat(e).hasMessageContaining("sub");
            }
        }
        assertThat(started).isPositive();
        swapping.kill();
        assertThat(outside.toFile().list()).containsExactly("probe");
        assertThat(Files.readString(outside.resolve("probe"))).isEqualTo("secret");
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(directory.toString());
    }
}
