package dev.gantry.agent.container;

import static dev.gantry.agent.container.ContainerFixture.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.container.ContainerRuntime.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a hostile image or container tries against its launcher. */
@Tag("root")
class ContainerAttackTest extends ContainerTestFrame {
    @Test
    void nothingButStandardStreamsIsInherited() throws Exception {
        Container container = fixture.container("sleep", "1000").start();
        assertThat(sh(container, "ls /proc/1/fd").output()).isEqualTo("0\n1\n2\n");
        assertThat(sh(container, "ls /proc/$$/fd; true").output().lines())
                .allMatch(line -> List.of("0", "1", "2", "10").contains(line));
    }

    @Test
    void theLauncherCannotBeOverwritten() throws Exception {
        Path script = Files.writeString(fixture.image.resolve("bin/evil"), "#!/proc/self/exe\n");
        script.toFile().setExecutable(true);
        Container container = fixture.container("sleep", "1000").start();
        Path executable = Path.of("/proc/%s/exe".formatted(parent(container.pid())));
        byte[] before = Files.readAllBytes(executable);
        // the script's interpreter is what executes it, the launcher: it may run in the container, where it can do
        // nothing, but never be written to
        Container evil = fixture.container("/bin/evil").start();
        sh(container, "for i in $(seq 50); do /bin/evil; for p in /proc/[0-9]*; do echo x > $p/exe; done; done");
        ContainerFixture.await(evil);
        assertThat(Files.readAllBytes(executable)).isEqualTo(before);
        assertThatThrownBy(() -> Files.write(executable, new byte[1])).isInstanceOf(IOException.class);
        assertThat(sh(container, "true").exit().exitCode()).isZero();
    }

    private static int parent(int pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/%s/status".formatted(pid))).stream()
                .filter(line -> line.startsWith("PPid:"))
                .mapToInt(line -> Integer.parseInt(line.substring(5).strip()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void plainEscapesAreDenied() throws Exception {
        Container container = fixture.container("sleep", "1000").start();
        for (String attempt : List.of(
                "mount -t tmpfs none /tmp",
                "mount -t cgroup -o memory none /tmp",
                "mkdir /sys/fs/cgroup/memory/x",
                "mkdir /sys/fs/cgroup/unified/x",
                "mkdir /sys/fs/cgroup/x",
                "echo /tmp/evil > /sys/fs/cgroup/memory/release_agent",
                "echo 1 > /sys/fs/cgroup/memory/notify_on_release",
                "echo max > /sys/fs/cgroup/pids/pids.max",
                "echo max > /sys/fs/cgroup/pids.max",
                "echo 1 > /sys/fs/cgroup/unified/cgroup.procs",
                "unshare -m true",
                "unshare -U true",
                "hostname other",
                "echo b > /proc/sysrq-trigger",
                "echo x > /proc/sys/kernel/core_pattern",
                "echo 1 > /sys/kernel/profiling",
                "chmod 000 /dev/null",
                "umount /proc/timer_list",
                "insmod /bin/sh",
                "mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk",
                "mknod /dev/disk b 254 0 && head -c 1 /dev/disk",
                "mknod /dev/shm/mem c 1 1 && head -c 1 /dev/shm/mem")) {
            assertThat(sh(container, attempt).exit().exitCode())
                    .describedAs(attempt)
                    .isNotZero();
        }
        assertThat(sh(container, "wc -c < /proc/timer_list; ls /sys/firmware | wc -l")
                        .output())
                .isEqualTo("0\n0\n");
        assertThat(Files.getAttribute(Path.of("/dev/null"), "unix:mode")).isEqualTo(0020666);
    }

    @Test
    void deviceNodesOfImagesOpenNothing() throws Exception {
        Path layer = Files.createDirectories(directory.resolve("evil"));
        try (var root = dev.gantry.linux.RootedDirectory.open(layer, dev.gantry.linux.RootedDirectory.Escape.REFUSED)) {
            root.mknod("mem", 0020666, 1, 1);
        }
        assertThat(fixture.run(fixture.container("head", "-c", "1", "/mem").layers(List.of(layer, fixture.image))))
                .contains("Permission denied");
    }

    @Test
    void labelsThatTheHostCannotApplyAreRefused() {
        assumeTrue(!Files.exists(Path.of("/sys/fs/selinux/enforce")), "this host has SELinux");
        assertThatThrownBy(() -> fixture.container("true")
                        .labelled(null, "system_u:object_r:x_t:s0")
                        .start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("SELinux");
        assumeTrue(!Files.exists(Path.of("/sys/module/apparmor")), "this host has AppArmor");
        assertThatThrownBy(() ->
                        fixture.container("true").labelled("profile", null).start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("AppArmor");
    }

    @Test
    void hostilePasswdFilesNeverBlock() throws Exception {
        Path layer = Files.createDirectories(directory.resolve("evil/etc"));
        try (var root = dev.gantry.linux.RootedDirectory.open(layer, dev.gantry.linux.RootedDirectory.Escape.REFUSED)) {
            root.mknod("passwd", 0010666, 0, 0);
        }
        assertThatThrownBy(() -> fixture.container("true")
                        .user("user")
                        .layers(List.of(layer.getParent(), fixture.image))
                        .start())
                .isInstanceOf(ContainerException.class);
        Files.delete(layer.resolve("passwd"));
        Files.createSymbolicLink(layer.resolve("passwd"), Path.of("/../../../../etc/shadow"));
        assertThatThrownBy(() -> fixture.container("true")
                        .user("daemon")
                        .layers(List.of(layer.getParent(), fixture.image))
                        .start())
                .isInstanceOf(ContainerException.class);
    }

    @Test
    void capabilitiesOfUsersAreGone() throws Exception {
        assertThat(fixture.run(fixture.container("grep", "CapEff", "/proc/self/status")
                        .user("user")
                        .security(Set.of("SYS_ADMIN", "CHOWN"), false, false, "default")))
                .isEqualTo("CapEff:\t0000000000000000\n");
    }
}
