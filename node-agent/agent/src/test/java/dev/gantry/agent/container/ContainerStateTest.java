package dev.gantry.agent.container;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.state.StateFileException;
import dev.gantry.linux.launcher.Ended;
import dev.gantry.linux.launcher.Started;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerStateTest {
    @TempDir
    Path directory;

    private static final ContainerState STATE = new ContainerState(
            "boot",
            new ContainerConfig(
                    "c1",
                    Map.of("pod", "p1"),
                    List.of(Path.of("/layers/top"), Path.of("/layers/base")),
                    Path.of("/writable"),
                    true,
                    List.of("sh", "-c", "exit"),
                    Map.of("SECRET", "hidden"),
                    "/work",
                    "user:group",
                    List.of(7L),
                    "web-0",
                    new ContainerConfig.Namespaces(
                            "/proc/1/fd/3", "/proc/1/fd/4", "/proc/1/fd/5", null, "/proc/1/fd/6", 0),
                    List.of(new ContainerConfig.Mount(
                            Path.of("/source"), "/target", true, ContainerConfig.Mount.Propagation.HOST_TO_CONTAINER)),
                    new ContainerConfig.Limits(500, 1024, 1 << 20, 100, -5),
                    List.of(new ContainerConfig.ResourceLimit("nofile", 1024, 524_288)),
                    Map.of("net.core.somaxconn", "1024"),
                    new ContainerConfig.Security(
                            Set.of("CHOWN"),
                            Set.of(),
                            false,
                            true,
                            "default",
                            null,
                            null,
                            List.of("/proc/keys"),
                            List.of("/proc/sys")),
                    "pods/p1",
                    new ContainerConfig.Log(Path.of("/log"), 1024, 5),
                    false,
                    true,
                    false),
            new ContainerUser(1000, 1001, List.of(7), "/home/user"));

    @Test
    void readsWhatVersionOneWrote() throws IOException {
        Files.createDirectories(directory.resolve("state/c1"));
        Files.write(directory.resolve("state/c1/container"), golden());
        ContainerDirectories directories =
                new ContainerDirectories(directory.resolve("state"), directory.resolve("run"), "c1");
        assertThat(directories.read()).contains(STATE.withEnvironment(Map.of()));
    }

    @Test
    void keepsSecretsOffTheDisk() throws IOException {
        ContainerDirectories directories =
                new ContainerDirectories(directory.resolve("state"), directory.resolve("run"), "c1");
        directories.make();
        directories.write(STATE);
        assertThat(directories.read()).contains(STATE);
        assertThat(Files.readString(directory.resolve("state/c1/container"))).doesNotContain("hidden");
        assertThat(Files.readString(directory.resolve("run/c1/environment"))).contains("hidden");
        assertThat(Files.getPosixFilePermissions(directory.resolve("run/c1"))).hasSize(3);
    }

    @Test
    void refusesUnknownVersions() throws IOException {
        Files.createDirectories(directory.resolve("state/c1"));
        String text = new String(golden(), UTF_8).replaceFirst("gantry container 1 ", "gantry container 2 ");
        Files.writeString(directory.resolve("state/c1/container"), text);
        ContainerDirectories directories =
                new ContainerDirectories(directory.resolve("state"), directory.resolve("run"), "c1");
        assertThatThrownBy(directories::read)
                .isInstanceOf(StateFileException.class)
                .hasMessageContaining("version 2");
        assertThatThrownBy(() -> Ended.parse("gantry-exit 2\nexited 0\n")).hasMessageContaining("gantry-exit 2");
        assertThatThrownBy(() -> Started.parseFile("gantry-started 2\n")).hasMessageContaining("gantry-started 2");
    }

    @Test
    void readsRecordsOfVersionOne() throws IOException {
        assertThat(Ended.parse("gantry-exit 1\nkilled 9\nfinished 1700000000000\noom-kills 2\n"))
                .isEqualTo(new Ended(true, 9, 1_700_000_000_000L, 2));
        assertThat(ExitRecords.of(new Ended(true, 9, 5, 2)))
                .isEqualTo(new ExitRecord(137, 9, ExitRecord.Cause.OUT_OF_MEMORY, 5));
        Started started = Started.parseFile("gantry-started 1\nlauncher 10 11\nprocess 20 21\nstarted 30\n");
        assertThat(started.process().pid()).isEqualTo(20);
        assertThat(started.launcher().startTime()).isEqualTo(11);
    }

    @Test
    void refusesIdsThatAreNoNames() {
        for (String id : List.of("", "..", "a/b", "A", "a".repeat(65), "a\nb")) {
            assertThatThrownBy(() -> new ContainerDirectories(directory, directory, id))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static byte[] golden() throws IOException {
        try (InputStream in = ContainerStateTest.class.getResourceAsStream("container-state-v1")) {
            return Objects.requireNonNull(in, "golden file is missing").readAllBytes();
        }
    }
}
