package dev.gantry.agent.container;

import static dev.gantry.agent.container.ContainerFixture.exec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.linux.launcher.LauncherNamespaceHolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a process in a container, or another user of the host, would use to get rights that it was not given. */
@Tag("root")
class PrivilegeAttackTest extends ContainerTestFrame {
    private static final String EPERM = "1";
    private static final String ENOSYS = "38";

    /** "Significant syscalls blocked by the default profile" of Docker's documentation, less those that no kernel has any more; numbers of x86-64. */
    private static final Map<String, Integer> DENIED = Map.ofEntries(
            Map.entry("acct", 163),
            Map.entry("add_key", 248),
            Map.entry("bpf", 321),
            Map.entry("clock_settime", 227),
            Map.entry("delete_module", 176),
            Map.entry("finit_module", 313),
            Map.entry("get_mempolicy", 239),
            Map.entry("init_module", 175),
            Map.entry("io_uring_setup", 425),
            Map.entry("ioperm", 173),
            Map.entry("iopl", 172),
            Map.entry("kcmp", 312),
            Map.entry("kexec_file_load", 320),
            Map.entry("kexec_load", 246),
            Map.entry("keyctl", 250),
            Map.entry("mbind", 237),
            Map.entry("mount", 165),
            Map.entry("move_pages", 279),
            Map.entry("open_by_handle_at", 304),
            Map.entry("perf_event_open", 298),
            Map.entry("pivot_root", 155),
            Map.entry("quotactl", 179),
            Map.entry("reboot", 169),
            Map.entry("request_key", 249),
            Map.entry("set_mempolicy", 238),
            Map.entry("setns", 308),
            Map.entry("settimeofday", 164),
            Map.entry("swapoff", 168),
            Map.entry("swapon", 167),
            Map.entry("sysfs", 139),
            Map.entry("umount2", 166),
            Map.entry("unshare", 272),
            Map.entry("userfaultfd", 323),
            Map.entry("ustat", 136));

    private static final Map<String, Integer> ALLOWED = Map.of("getpid", 39, "ptrace", 101, "process_vm_readv", 310);

    private static final Map<String, Integer> NOT_THERE = Map.of("clone3", 435);

    /** A program that prints its effective user and what system calls return, in an image over the usual one. */
    private List<Path> withProbe() throws Exception {
        Path source = directory.resolve("probe.c");
        try (InputStream in = PrivilegeAttackTest.class.getResourceAsStream("probe.c")) {
            Files.copy(Objects.requireNonNull(in, "probe.c is missing"), source);
        }
        Path layer = Files.createDirectories(directory.resolve("probe-layer"));
        Process compiler = new ProcessBuilder("musl-gcc", "-static", "-Os", "-o", layer + "/probe", source.toString())
                .inheritIO()
                .start();
        assertThat(compiler.waitFor()).isZero();
        return List.of(layer, fixture.image);
    }

    @Test
    void systemCallsAreDeniedAsDocumented() throws Exception {
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "has the numbers of x86-64 only");
        Container container =
                fixture.container("sleep", "1000").layers(withProbe()).start();
        assertThat(results(container, DENIED))
                .allSatisfy((call, error) -> assertThat(error).as(call).isEqualTo(EPERM));
        assertThat(results(container, ALLOWED))
                .allSatisfy((call, error) -> assertThat(error).as(call).isNotEqualTo(EPERM));
        assertThat(results(container, NOT_THERE))
                .allSatisfy((call, error) -> assertThat(error).as(call).isEqualTo(ENOSYS));
    }

    private static Map<String, String> results(Container container, Map<String, Integer> calls) throws Exception {
        List<String> names = List.copyOf(calls.keySet());
        List<String> command = new ArrayList<>(List.of("/probe"));
        names.forEach(name -> command.add(String.valueOf(calls.get(name))));
        List<String> lines =
                exec(container, command.toArray(String[]::new)).output().lines().toList();
        assertThat(lines).hasSize(names.size() + 1);
        Map<String, String> results = new TreeMap<>();
        for (int i = 0; i < names.size(); i++) {
            results.put(names.get(i), lines.get(i + 1));
        }
        return results;
    }

    @Test
    void setUserIdFilesGiveNothingWithoutNewPrivileges() throws Exception {
        List<Path> layers = withProbe();
        Files.setAttribute(layers.getFirst().resolve("probe"), "unix:mode", 04755);
        assertThat(fixture.run(fixture.container("/probe").layers(layers).user("user")))
                .as("without the flag, such files work")
                .isEqualTo("0\n");
        assertThat(fixture.run(fixture.container("/probe")
                        .layers(layers)
                        .user("user")
                        .security(ContainerFixture.DEFAULT_CAPABILITIES, false, true, "default")))
                .isEqualTo("1000\n");
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Files.copy(layers.getFirst().resolve("probe"), volume.resolve("probe"));
        Files.setAttribute(volume.resolve("probe"), "unix:mode", 04755);
        assertThat(fixture.run(fixture.container("/v/probe")
                        .mount(volume, "/v", true)
                        .user("user")
                        .security(Set.of(), false, true, "default")))
                .isEqualTo("1000\n");
    }

    @Test
    void localSocketsAreForTheAgentsUserOnlyAndNeverAbstract() throws Exception {
        Container container = fixture.container("sleep", "1000").start();
        try (LauncherNamespaceHolder holder = LauncherNamespaceHolder.open(directory.resolve("holder"))) {
            Path control =
                    directory.resolve("run/containers/" + container.config().id() + "/control");
            assertThat(foreignUser(control)).startsWith("no way");
            for (Path socket : List.of(control, directory.resolve("holder/holder"))) {
                openUp(socket);
                assertThat(foreignUser(socket)).as("%s", socket).isEqualTo("turned away");
            }
            assertThat(Files.readAllLines(Path.of("/proc/net/unix")))
                    .filteredOn(line -> line.contains(" @") && line.contains("gantry"))
                    .isEmpty();
            assertThat(holder.list()).isEmpty();
            holder.shutDown();
        }
    }

    /** As if the modes of the directories were wrong: what is left is the check of the peer. */
    private void openUp(Path socket) throws IOException {
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path relative = directory.relativize(socket);
        for (int i = 1; i < relative.getNameCount(); i++) {
            Files.setPosixFilePermissions(
                    directory.resolve(relative.subpath(0, i)), PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private String foreignUser(Path socket) throws Exception {
        Path classes = Files.createDirectories(directory.resolve("classes/dev/gantry/agent/container"));
        try (InputStream in = ForeignClient.class.getResourceAsStream("ForeignClient.class")) {
            Files.write(
                    classes.resolve("ForeignClient.class"),
                    Objects.requireNonNull(in, "ForeignClient.class is missing").readAllBytes());
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Process client = new ProcessBuilder(
                        "setpriv",
                        "--reuid=1000",
                        "--regid=1000",
                        "--clear-groups",
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xint",
                        "-cp",
                        directory.resolve("classes").toString(),
                        ForeignClient.class.getName(),
                        socket.toString())
                .redirectErrorStream(true)
                .start();
        try {
            assertThat(client.waitFor(30, TimeUnit.SECONDS))
                    .as("the other end goes")
                    .isTrue();
            return new String(client.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip();
        } finally {
            client.destroyForcibly();
        }
    }
}
