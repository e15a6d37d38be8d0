package dev.gantry.agent.container;

import static dev.gantry.agent.container.ContainerFixture.await;
import static dev.gantry.agent.container.ContainerFixture.exec;
import static dev.gantry.agent.container.ContainerFixture.readAll;
import static dev.gantry.agent.container.ContainerFixture.sh;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gantry.agent.container.ContainerRuntime.AttachedStreams;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.container.ContainerRuntime.ExecProcess;
import dev.gantry.linux.NamespaceHolder.PodNamespaces;
import dev.gantry.linux.Pidfd;
import dev.gantry.linux.ProcessIdentity;
import dev.gantry.linux.launcher.LauncherNamespaceHolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class LauncherRuntimeTest extends ContainerTestFrame {
    @Test
    void runsAProgramAndReportsItsEnd() throws Exception {
        Container container =
                fixture.container("sh", "-c", "echo out; echo err >&2; exit 3").start();
        ExitRecord exit = await(container);
        assertThat(exit.exitCode()).isEqualTo(3);
        assertThat(exit.signal()).isZero();
        assertThat(exit.cause()).isEqualTo(ExitRecord.Cause.EXITED);
        List<String> lines = Files.readAllLines(fixture.log(container.config().id()));
        assertThat(lines)
                .hasSize(2)
                .allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]{18}Z (stdout F out|stderr F err)"));
    }

    @Test
    void isolatesItsProcesses() throws Exception {
        String output = fixture.run(
                fixture.container(
                        "sh",
                        "-c",
                        "echo pid $$; hostname; ls /proc | grep -c '^[0-9]'; cat /proc/1/cgroup | grep -c gantry; ls /dev; ls /proc/self/fd | wc -l"));
        assertThat(output.lines()).startsWith("pid 1", "host-c1");
        assertThat(output.lines().skip(3).findFirst()).contains("0");
        assertThat(output).contains("null", "urandom", "pts", "shm", "mqueue").doesNotContain("vda");
        // 0, 1, 2 and the directory that ls itself has open
        assertThat(output.lines().reduce("", (a, b) -> b).strip()).isEqualTo("4");
    }

    @Test
    void looksUpNamesInTheImage() throws Exception {
        assertThat(fixture.run(fixture.container("id").user("user")))
                .contains("uid=1000(user) gid=1001(user) groups=1500(extra)");
        assertThat(fixture.run(fixture.container("id").user("7:9"))).contains("uid=7 gid=9");
        assertThat(fixture.run(fixture.container("sh", "-c", "echo $HOME; echo > /dev/stdout; touch /x")
                        .user("user")))
                .startsWith("/home/user\n\n")
                .contains("Permission denied");
        assertThatThrownBy(() -> fixture.container("id").user("nobody-knows").start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("no user named 'nobody-knows'");
    }

    @Test
    void saysWhyItCannotStart() throws Exception {
        assertThatThrownBy(() -> fixture.container("no-such-program").start())
                .isInstanceOfSatisfying(
                        ContainerException.class, e -> assertThat(e.reason()).isEqualTo("RunContainerError"))
                .hasMessageContaining("no-such-program")
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> fixture.container("/etc/passwd").start())
                .hasMessageContaining("/etc/passwd: permission denied");
        assertThatThrownBy(() -> fixture.container("true")
                        .mount(directory.resolve("missing"), "/v", false)
                        .start())
                .hasMessageContaining("missing");
        assertThat(fixture.runtime().adopt()).isEmpty();
        assertThat(fixture.cgroups.children("pods/p1")).isEmpty();
    }

    @Test
    void mountsVolumesAndKeepsReadOnlyWhatIs() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Files.writeString(volume.resolve("file"), "hello");
        Path single = Files.writeString(directory.resolve("single"), "one");
        String output = fixture.run(fixture.container(
                        "sh",
                        "-c",
                        "cat /data/deep/file /etc/single; echo x > /data/deep/new; echo y > /ro/new; touch /x; echo z > /dev/null && echo dev")
                .mount(volume, "/data/deep", false)
                .mount(volume, "/ro", true)
                .mount(single, "/etc/single", true)
                .readOnlyRoot());
        assertThat(output).contains("helloonedev\n", "can't create /ro/new", "/x: Read-only file system");
        assertThat(Files.readString(volume.resolve("new"))).isEqualTo("x\n");
    }

    @Test
    void stacksManyLayers() throws Exception {
        List<Path> layers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Path layer =
                    Files.createDirectories(directory.resolve("layer-with-a-long-name:and,strange-characters-" + i));
            Files.writeString(layer.resolve("from"), Integer.toString(i));
            Files.writeString(layer.resolve("only-" + i), "");
            layers.add(layer);
        }
        layers.add(fixture.image);
        String output = fixture.run(
                fixture.container("sh", "-c", "cat /from; ls / | grep -c only-").layers(layers));
        assertThat(output).isEqualTo("060\n");
    }

    @Test
    void limitsMemoryAndProcesses() throws Exception {
        Container hungry = fixture.container("sh", "-c", "x=a; while true; do x=$x$x; done")
                .limits(0, 32 << 20, 0)
                .start();
        ExitRecord exit = await(hungry);
        assertThat(exit.cause()).isEqualTo(ExitRecord.Cause.OUT_OF_MEMORY);
        assertThat(exit.exitCode()).isEqualTo(137);
        String output = fixture.run(fixture.container("sh", "-c", "for i in $(seq 40); do sleep 1 & done; echo end")
                .limits(0, 0, 10));
        assertThat(output).contains("can't fork");
    }

    @Test
    void executesProcessesInside() throws Exception {
        Container container = fixture.container("sleep", "1000")
                .env("SECRET", "s3")
                .user("user")
                .start();
        ContainerFixture.ExecResult result =
                sh(container, "id -u; echo $SECRET; echo err >&2; cat /proc/1/comm; exit 7");
        assertThat(result.exit().exitCode()).isEqualTo(7);
        assertThat(result.output()).contains("1000\n", "s3\n", "err\n", "sleep\n");
        assertThat(sh(container, "kill -9 $$").exit())
                .extracting(ExitRecord::exitCode, ExitRecord::signal)
                .containsExactly(137, 9);
        assertThatThrownBy(() -> exec(container, "no-such"))
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("no-such");
        assertThat(container.usage().processes()).isEqualTo(1);
        await().untilAsserted(() -> assertThat(
                        directory.resolve("run/containers/c1").toFile().list())
                .noneMatch(name -> name.startsWith("exec-")));
    }

    @Test
    void passesInputAndKillsAnExecThatIsClosed() throws Exception {
        Container container = fixture.container("sleep", "1000").start();
        try (ExecProcess process = container.exec(new ExecConfig(List.of("cat"), Map.of(), true, false))) {
            byte[] big = "0123456789abcde\n".repeat(20_000).getBytes(UTF_8);
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    process.writeStdin(big, 0, big.length);
                    process.closeStdin();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThat(readAll(process)).hasSize(big.length);
            writer.join();
            assertThat(process.waitFor(Duration.ofSeconds(10)).orElseThrow().exitCode())
                    .isZero();
        }
        ExecProcess closed = container.exec(new ExecConfig(List.of("sleep", "1000"), Map.of(), false, false));
        assertThat(container.usage().processes()).isEqualTo(2);
        closed.close();
        assertThat(closed.waitFor(Duration.ofSeconds(20)).orElseThrow().signal())
                .isEqualTo(9);
        assertThat(container.usage().processes()).isEqualTo(1);
    }

    @Test
    void givesTerminals() throws Exception {
        Container container = fixture.container("sh").terminal().stdin(false).start();
        try (AttachedStreams streams = container.attach(true)) {
            streams.resize(123, 45);
            byte[] command = "stty size; tty; echo seen > /dev/console; exit 4\n".getBytes(UTF_8);
            streams.writeStdin(command, 0, command.length);
            String output = readAll(streams);
            assertThat(output).contains("45 123\r\n", "/dev/pts/0\r\n", "seen\r\n");
        }
        assertThat(await(container).exitCode()).isEqualTo(4);
        Container other = fixture.container("sleep", "1000").start();
        try (ExecProcess process = other.exec(new ExecConfig(List.of("tty"), Map.of(), true, true))) {
            assertThat(readAll(process)).isEqualTo("/dev/pts/0\r\n");
        }
    }

    @Test
    void letsSeveralAttachAndEndsStdinWithTheFirst() throws Exception {
        Container container = fixture.container("cat").stdin(true).start();
        try (AttachedStreams watching = container.attach(false)) {
            try (AttachedStreams typing = container.attach(true)) {
                typing.writeStdin("hello\n".getBytes(UTF_8), 0, 6);
                assertThat(watching.read())
                        .satisfies(chunk ->
                                assertThat(new String(chunk.data(), UTF_8)).isEqualTo("hello\n"));
                assertThat(typing.read()).isNotNull();
            }
            assertThat(readAll(watching)).isEmpty();
        }
        assertThat(await(container).exitCode()).isZero();
        assertThat(fixture.output("c1")).isEqualTo("hello\n");
    }

    @Test
    void keepsUnloggedOutputForWhoAttachesFirst() throws Exception {
        Container container =
                fixture.container("sh", "-c", "seq 20000").unlogged().start();
        try (AttachedStreams streams = container.attach(false)) {
            assertThat(readAll(streams).lines()).hasSize(20_000).endsWith("20000");
        }
        assertThat(await(container).exitCode()).isZero();
    }

    @Test
    void rotatesLogs() throws Exception {
        Container container =
                fixture.container("sh", "-c", "seq 3000").rotating(20_000, 3).start();
        await(container);
        List<String> all = new ArrayList<>();
        for (String suffix : List.of(".2", ".1", "")) {
            Path file = Path.of(fixture.log("c1") + suffix);
            assertThat(Files.size(file)).isLessThan(20_100);
            all.addAll(Files.readAllLines(file));
        }
        assertThat(Files.exists(Path.of(fixture.log("c1") + ".3"))).isFalse();
        assertThat(all.getLast()).endsWith(" stdout F 3000");
        int first = Integer.parseInt(all.getFirst().substring(all.getFirst().lastIndexOf(' ') + 1));
        assertThat(all).hasSize(3001 - first);
    }

    @Test
    void pausesAndResumes() throws Exception {
        Container container = fixture.container("sh", "-c", "while true; do echo tick; sleep 0.02; done")
                .start();
        container.pause();
        assertThatThrownBy(() -> exec(container, "true")).hasMessageContaining("paused");
        long paused = Files.size(fixture.log("c1"));
        assertThat(container.usage().processes()).isPositive();
        container.resume();
        await().until(() -> Files.size(fixture.log("c1")) > paused);
        container.pause();
        container.kill();
        assertThat(await(container).signal()).isEqualTo(9);
    }

    @Test
    void outlivesItsAgent() throws Exception {
        Container before = fixture.container(
                        "sh", "-c", "trap 'exit 9' TERM; while true; do echo tick; sleep 0.02; done")
                .env("A", "b")
                .start();
        int pid = before.pid();
        fixture.restartAgent();
        List<Container> adopted = fixture.runtime().adopt();
        assertThat(adopted).hasSize(1);
        Container after = adopted.getFirst();
        assertThat(after.pid()).isEqualTo(pid);
        assertThat(after.config()).isEqualTo(before.config());
        assertThat(after.startedAtMillis()).isEqualTo(before.startedAtMillis());
        assertThat(sh(after, "echo $A").output()).isEqualTo("b\n");
        assertThat(fixture.runtime().start(before.config())).isSameAs(after);
        after.signal(15);
        assertThat(await(after).exitCode()).isEqualTo(9);
    }

    @Test
    void reportsAnExitThatNoAgentSaw() throws Exception {
        Container container =
                fixture.container("sh", "-c", "cat; exit 5").stdin(true).start();
        AttachedStreams streams = container.attach(true);
        fixture.runtime().close();
        streams.close();
        ProcessIdentity process = new ProcessIdentity(
                container.pid(),
                ProcessIdentity.of(container.pid()).orElseThrow().startTime());
        await().until(() -> !process.isAlive());
        Container after = fixture.restartAgent().adopt().getFirst();
        assertThat(await(after).exitCode()).isEqualTo(5);
        assertThat(fixture.restartAgent()
                        .adopt()
                        .getFirst()
                        .exit()
                        .orElseThrow()
                        .exitCode())
                .isEqualTo(5);
    }

    @Test
    void costsLittleMemory() throws Exception {
        Container container = fixture.container("sleep", "1000").start();
        String launcher = Files.readAllLines(Path.of("/proc/%s/status".formatted(container.pid()))).stream()
                .filter(line -> line.startsWith("PPid:"))
                .findFirst()
                .orElseThrow()
                .substring(5)
                .strip();
        long kilobytes = Files.readAllLines(Path.of("/proc/%s/smaps_rollup".formatted(launcher))).stream()
                .filter(line -> line.startsWith("Pss:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
        assertThat(kilobytes).isPositive().isLessThan(600);
    }

    @Test
    void countsAContainerAsLostWhoseLauncherWasKilled() throws Exception {
        Container container = fixture.container("sleep", "1000").start();
        ProcessIdentity process = ProcessIdentity.of(container.pid()).orElseThrow();
        int launcher = Integer.parseInt(Files.readString(Path.of("/proc/" + container.pid() + "/status"))
                .lines()
                .filter(line -> line.startsWith("PPid:"))
                .findFirst()
                .orElseThrow()
                .substring(5)
                .strip());
        Pidfd.signal(ProcessIdentity.of(launcher).orElseThrow(), 9);
        assertThat(await(container).cause()).isEqualTo(ExitRecord.Cause.LOST);
        await().until(() -> !process.isAlive());
    }

    @Test
    void countsContainersOfAnEarlierBootAsRebooted() throws Exception {
        Container running = fixture.container("sleep", "1000").start();
        Container ended = fixture.container("sh", "-c", "exit 6").start();
        await(ended);
        running.kill();
        Container after = fixture.reboot().adopt().stream()
                .filter(one -> one.config().id().equals("c2"))
                .findFirst()
                .orElseThrow();
        assertThat(after.exit().orElseThrow().exitCode()).isEqualTo(6);
    }

    @Test
    void joinsPodNamespacesAndAUserNamespace() throws Exception {
        try (LauncherNamespaceHolder holder = LauncherNamespaceHolder.open(directory.resolve("holder"))) {
            int base = holder.freeUserBase();
            PodNamespaces pod = holder.create("pod", base);
            Path volume = Files.createDirectories(directory.resolve("volume"));
            ContainerFixture.Builder builder = fixture.container(
                            "sh",
                            "-c",
                            "id -u; cat /proc/self/uid_map; touch /mine /v/mine; stat -c %u /bin/busybox /mine; ls /sys/class/net; sleep 1000")
                    .mount(volume, "/v", false)
                    .namespaces(new ContainerConfig.Namespaces(
                            pod.networkPath(),
                            pod.ipcPath(),
                            pod.utsPath(),
                            pod.userPath(),
                            pod.sharedMemoryPath(),
                            base));
            Container container = builder.start();
            await().until(() -> fixture.output("c1").lines().count() >= 5);
            assertThat(fixture.output("c1").lines().map(String::strip).map(line -> line.replaceAll(" +", " ")))
                    .containsExactly("0", "0 %s 65536".formatted(base), "0", "0", "lo");
            assertThat(Files.getAttribute(directory.resolve("writable-c1/upper/mine"), "unix:uid"))
                    .isEqualTo(base);
            assertThat(Files.getAttribute(volume.resolve("mine"), "unix:uid")).isEqualTo(0);
            assertThat(Files.getAttribute(Path.of("/proc/" + container.pid()), "unix:uid"))
                    .isEqualTo(base);
            assertThat(sh(container, "id -u; hostname; cat /proc/1/comm").output())
                    .isEqualTo("0\nhost-c1\nsleep\n");
            container.remove(false);
            holder.shutDown();
        }
    }

    @Test
    void honoursNoNewPrivilegesAndLocalProfiles() throws Exception {
        assertThat(fixture.run(fixture.container("grep", "-E", "NoNewPrivs|Seccomp:", "/proc/self/status")
                        .security(Set.of(), false, true, "default")))
                .isEqualTo("NoNewPrivs:\t1\nSeccomp:\t2\n");
        assertThat(fixture.run(fixture.container("grep", "-E", "CapEff|CapBnd|Seccomp:", "/proc/self/status")
                        .security(Set.of("CHOWN"), false, false, "unconfined")))
                .isEqualTo("CapEff:\t0000000000000001\nCapBnd:\t0000000000000001\nSeccomp:\t0\n");
        Path profile = Files.writeString(directory.resolve("profile.json"), """
                {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                  {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}""");
        assertThat(fixture.run(fixture.container("mkdir", "/x").security(Set.of(), false, false, profile.toString())))
                .contains("Function not implemented");
    }

    @Test
    void limitsWhatProcessesMayOpen() throws Exception {
        assertThat(fixture.run(fixture.container("sh", "-c", "ulimit -Sn"))).isEqualTo("1024\n");
        Container container =
                fixture.container("sleep", "1000").limit("nofile", 100, 200).start();
        assertThat(sh(container, "ulimit -Sn; ulimit -Hn").output()).isEqualTo("100\n200\n");
        assertThat(Files.readString(Path.of("/proc/%s/limits".formatted(container.pid()))))
                .containsPattern("Max open files +100 +200 ");
        assertThat(fixture.run(
                        fixture.container("sh", "-c", "ulimit -c; ulimit -Hc").limit("core", 0, 0)))
                .isEqualTo("0\n0\n");
        assertThatThrownBy(() -> fixture.container("true").limit("files", 1, 2).start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("no resource limit files");
        assertThatThrownBy(() -> fixture.container("true").limit("nofile", 2, 1).start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("above the hard one");
    }

    @Test
    void givesAmbientCapabilitiesToUsersWhenAsked() throws Exception {
        Container container = fixture.container("sleep", "1000")
                .user("user")
                .ambient(Set.of("NET_BIND_SERVICE"))
                .security(Set.of("NET_BIND_SERVICE", "CHOWN"), false, true, "default")
                .start();
        String capabilities = "CapInh:\t%1$s\nCapPrm:\t%1$s\nCapEff:\t%1$s\nCapBnd:\t0000000000000401\nCapAmb:\t%1$s\n"
                .formatted("0000000000000400");
        assertThat(sh(container, "grep Cap /proc/1/status").output()).isEqualTo(capabilities);
        assertThat(sh(container, "grep Cap /proc/self/status").output()).isEqualTo(capabilities);
        assertThatThrownBy(() -> fixture.container("true")
                        .user("user")
                        .ambient(Set.of("SYS_ADMIN"))
                        .security(Set.of("CHOWN"), false, true, "default")
                        .start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("SYS_ADMIN");
    }

    @Test
    void runsPrivileged() throws Exception {
        assertThat(fixture.run(
                        fixture.container("sh", "-c", "mount -t tmpfs none /tmp && echo mounted; ls /dev | grep -c vda")
                                .security(Set.of(), true, false, "unconfined")))
                .isEqualTo("mounted\n1\n");
    }

    @Test
    void keepsTheWritableLayerWhenAsked() throws Exception {
        Container first = fixture.container("touch", "/kept").start();
        await(first);
        first.remove(true);
        first.remove(true);
        Container second = fixture.runtime().start(first.config());
        assertThat(await(second).exitCode()).isZero();
        assertThat(Files.exists(directory.resolve("writable-c1/upper/kept"))).isTrue();
        second.remove(false);
        assertThat(Files.exists(directory.resolve("writable-c1"))).isFalse();
    }

    @Test
    void removesWhatIsRunningWhileItsLauncherEnds() throws Exception {
        for (int i = 0; i < 50; i++) {
            Container container = fixture.container("sleep", "1000").start();
            ExecProcess process = container.exec(new ExecConfig(List.of("sleep", "1000"), Map.of(), false, false));
            container.remove(false);
            assertThat(await(container).signal()).isEqualTo(9);
            process.close();
        }
        assertThat(directory.resolve("state/containers").toFile().list()).isEmpty();
        await().untilAsserted(() ->
                assertThat(directory.resolve("run/containers").toFile().list()).isEmpty());
    }

    @Test
    void leavesNothingBehind() throws Exception {
        Container warm = fixture.container("true").start();
        await(warm);
        warm.remove(false);
        Leftovers before = Leftovers.count(fixture);
        for (int i = 0; i < 10; i++) {
            Container container = fixture.container("sleep", "1000").start();
            assertThat(sh(container, "true").exit().exitCode()).isZero();
            container.remove(false);
            assertThatThrownBy(() -> fixture.container("no-such").start()).isInstanceOf(ContainerException.class);
        }
        await().untilAsserted(() -> assertThat(Leftovers.count(fixture)).isEqualTo(before));
    }

    /** What a container could leave on the host. Descriptors are those of this process. */
    private record Leftovers(
            List<String> mounts, long descriptors, long children, Set<String> cgroups, List<String> files) {
        static Leftovers count(ContainerFixture fixture) throws IOException {
            try (var descriptors = Files.list(Path.of("/proc/self/fd"));
                    var children = ProcessHandle.current().children();
                    var files = Files.walk(fixture.directory)) {
                return new Leftovers(
                        Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                                .filter(line -> line.contains(fixture.directory.toString()))
                                .toList(),
                        descriptors.count(),
                        children.count(),
                        fixture.cgroups.children("pods/p1"),
                        files.map(Path::toString)
                                .filter(name -> !name.endsWith(".log"))
                                .sorted()
                                .toList());
            }
        }
    }
}
