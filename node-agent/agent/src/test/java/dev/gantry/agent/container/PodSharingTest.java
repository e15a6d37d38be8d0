package dev.gantry.agent.container;

import static dev.gantry.agent.container.ContainerFixture.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.volume.LinuxVolumeKernel;
import dev.gantry.agent.volume.PodVolumes;
import dev.gantry.agent.volume.VolumeFile;
import dev.gantry.agent.volume.VolumeOwner;
import dev.gantry.agent.volume.VolumeSource;
import dev.gantry.linux.NamespaceHolder.PodNamespaces;
import dev.gantry.linux.launcher.LauncherNamespaceHolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the containers of one pod have in common: namespaces, shared memory, kernel parameters, volumes in memory. Seen from inside. */
@Tag("root")
class PodSharingTest {
    private static final LinuxVolumeKernel KERNEL = new LinuxVolumeKernel();

    @TempDir
    Path directory;

    private ContainerFixture fixture;
    private LauncherNamespaceHolder holder;

    @BeforeEach
    void begin() throws IOException {
        assumeTrue(ContainerFixture.canRun(), "needs root and /bin/busybox: it runs containers");
        fixture = new ContainerFixture(directory);
        holder = LauncherNamespaceHolder.open(directory.resolve("holder"));
    }

    @AfterEach
    void end() throws IOException {
        if (holder != null) {
            holder.shutDown();
        }
        if (fixture != null) {
            fixture.close();
        }
    }

    private static ContainerConfig.Namespaces namespaces(PodNamespaces pod) {
        return new ContainerConfig.Namespaces(
                pod.networkPath(),
                pod.ipcPath(),
                pod.utsPath(),
                pod.userPath().isEmpty() ? null : pod.userPath(),
                pod.sharedMemoryPath(),
                pod.userBase());
    }

    private Container sleeping(PodNamespaces pod) throws ContainerException {
        return fixture.container("sleep", "1000").namespaces(namespaces(pod)).start();
    }

    @Test
    void containersOfAPodShareMemoryAndQueues() throws Exception {
        PodNamespaces pod = holder.create("pod", 0);
        Container first = sleeping(pod);
        Container second = sleeping(pod);
        Container stranger = sleeping(holder.create("other", 0));

        sh(first, "echo hello > /dev/shm/segment; touch /dev/mqueue/letters");
        assertThat(sh(second, "cat /dev/shm/segment; ls /dev/mqueue").output()).isEqualTo("hello\nletters\n");
        assertThat(sh(stranger, "ls /dev/shm /dev/mqueue").output()).doesNotContain("segment", "letters");
    }

    @Test
    void sharedMemoryOutlivesContainersAndAgents() throws Exception {
        Container first = sleeping(holder.create("pod", 0));
        sh(first, "echo hello > /dev/shm/segment");
        first.remove(false);
        holder.close();
        fixture.restartAgent();
        holder = LauncherNamespaceHolder.open(directory.resolve("holder"));
        Container second = sleeping(holder.find("pod").orElseThrow());
        assertThat(sh(second, "cat /dev/shm/segment").output()).isEqualTo("hello\n");
        second.remove(false);
        holder.release("pod");
        assertThat(sh(sleeping(holder.create("pod", 0)), "ls -A /dev/shm").output())
                .isEmpty();
    }

    @Test
    void sharedMemoryHasItsSizeAndIsNoMountOfTheHost() throws Exception {
        Container container = sleeping(holder.create("pod", 0));
        assertThat(sh(container, "dd if=/dev/zero of=/dev/shm/fill bs=1048576; stat -c %s /dev/shm/fill")
                        .output())
                .contains("No space left on device", Long.toString(64 << 20));
        assertThat(sh(container, "grep ' /dev/shm ' /proc/mounts").output())
                .startsWith("shm /dev/shm tmpfs rw,nosuid,nodev,noexec");
        assertThat(sh(container, "stat -c %a /dev/shm").output()).isEqualTo("1777\n");
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(directory.toString());
    }

    @Test
    void sharedMemoryBelongsToRootOfAUserNamespace() throws Exception {
        PodNamespaces pod = holder.create("pod", holder.freeUserBase());
        Container first = sleeping(pod);
        sh(first, "echo hello > /dev/shm/segment; touch /dev/mqueue/letters");
        assertThat(sh(sleeping(pod), "stat -c '%u %g' /dev/shm /dev/shm/segment; cat /dev/shm/segment; ls /dev/mqueue")
                        .output())
                .isEqualTo("0 0\n0 0\nhello\nletters\n");
    }

    @Test
    void aVolumeInMemoryMayTakeThePlaceOfSharedMemory() throws Exception {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        KERNEL.mountTmpfs(volume, 1 << 20, 0, 0, 0777);
        try {
            PodNamespaces pod = holder.create("pod", 0);
            Container first = fixture.container("sleep", "1000")
                    .namespaces(namespaces(pod))
                    .mount(volume, "/dev/shm", false)
                    .start();
            Container second = fixture.container("sleep", "1000")
                    .namespaces(namespaces(pod))
                    .mount(volume, "/cache", false)
                    .start();
            assertThat(sh(first, "dd if=/dev/zero of=/dev/shm/fill bs=65536").output())
                    .contains("No space left on device");
            assertThat(sh(second, "stat -c %s /cache/fill").output()).isEqualTo((1 << 20) + "\n");
            first.remove(false);
            second.remove(false);
        } finally {
            KERNEL.unmount(volume);
        }
    }

    @Test
    void volumesBelongToRootAndGroupOfAUserNamespace() throws Exception {
        PodVolumes volumes = new PodVolumes(directory.resolve("disk"), directory.resolve("memory"), KERNEL);
        VolumeOwner owner = new VolumeOwner(OptionalLong.of(7));
        VolumeSource.Files files = new VolumeSource.Files("files", true);
        VolumeSource onDisk = new VolumeSource.EmptyDir("disk", false, 0);
        VolumeSource inMemory = new VolumeSource.EmptyDir("memory", true, 1 << 20);
        for (VolumeSource volume : List.of(files, onDisk, inMemory)) {
            volumes.setUp("uid", volume, owner);
        }
        volumes.writeFiles("uid", files, List.of(new VolumeFile("key", new byte[1], 0400)), owner);
        Container container = fixture.container("sleep", "1000")
                .namespaces(namespaces(holder.create("pod", holder.freeUserBase())))
                .mount(volumes.mountSource("uid", files, ""), "/files", true)
                .mount(volumes.mountSource("uid", onDisk, ""), "/disk", false)
                .mount(volumes.mountSource("uid", inMemory, ""), "/memory", false)
                .start();
        assertThat(sh(
                                container,
                                "stat -c '%u %g' /disk /memory /files/..data/key; chown 5:6 /disk /memory; stat -c '%u %g' /disk /memory")
                        .output())
                .isEqualTo("0 7\n0 7\n0 7\n5 6\n5 6\n");
        container.remove(false);
        volumes.tearDown("uid");
    }

    @Test
    void setsKernelParametersOfThePodOnly() throws Exception {
        PodNamespaces pod = holder.create("pod", 0);
        Container first = fixture.container("sleep", "1000")
                .namespaces(namespaces(pod))
                .sysctls(Map.of(
                        "net.core.somaxconn",
                        "777",
                        "net/ipv4/ip_local_port_range",
                        "20000 30000",
                        "kernel.shm_rmid_forced",
                        "1",
                        "kernel.sem",
                        "100 1000 50 20",
                        "fs.mqueue.msg_max",
                        "7"))
                .start();
        String show = "cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_local_port_range"
                + " /proc/sys/kernel/shm_rmid_forced /proc/sys/kernel/sem /proc/sys/fs/mqueue/msg_max";
        String expected = "777\n20000\t30000\n1\n100\t1000\t50\t20\n7\n";
        assertThat(sh(first, show).output()).isEqualTo(expected);
        assertThat(sh(sleeping(pod), show).output()).isEqualTo(expected);
        assertThat(sh(sleeping(holder.create("other", 0)), show).output()).doesNotContain("777", "20000");
        assertThat(sh(first, "echo 1 > /proc/sys/net/core/somaxconn").exit().exitCode())
                .isNotZero();
    }

    @Test
    void setsKernelParametersInAUserNamespace() throws Exception {
        PodNamespaces pod = holder.create("pod", holder.freeUserBase());
        Container container = fixture.container("sleep", "1000")
                .namespaces(namespaces(pod))
                .sysctls(Map.of("net.core.somaxconn", "777", "kernel.shm_rmid_forced", "1"))
                .start();
        assertThat(sh(container, "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shm_rmid_forced")
                        .output())
                .isEqualTo("777\n1\n");
    }

    @Test
    void refusesKernelParametersThatAreNotThePods() throws Exception {
        PodNamespaces pod = holder.create("pod", 0);
        for (String name :
                new String[] {"vm.swappiness", "kernel.core_pattern", "fs.file-max", "kernel/../vm/swappiness", "net"
                }) {
            assertThatThrownBy(() -> fixture.container("true")
                            .namespaces(namespaces(pod))
                            .sysctls(Map.of(name, "1"))
                            .start())
                    .describedAs(name)
                    .isInstanceOf(ContainerException.class)
                    .hasMessageContaining(name);
        }
        assertThatThrownBy(() -> fixture.container("true")
                        .sysctls(Map.of("net.core.somaxconn", "777"))
                        .start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("hostNetwork");
        assertThatThrownBy(() -> fixture.container("true")
                        .namespaces(namespaces(pod))
                        .sysctls(Map.of("net.core.no_such", "1"))
                        .start())
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("net/core/no_such");
    }

    @Test
    void everyUserMayListenAtLowPortsOfThePod() throws Exception {
        Container container = fixture.container("sleep", "1000")
                .namespaces(namespaces(holder.create("pod", 0)))
                .user("user")
                .start();
        assertThat(sh(container, "cat /proc/sys/net/ipv4/ip_unprivileged_port_start")
                        .output())
                .isEqualTo("0\n");
        assertThat(sh(container, "busybox timeout 1 busybox nc -l -p 80").output())
                .doesNotContain("denied");
        assertThat(sh(container, "cat /proc/sys/net/ipv4/ping_group_range").output())
                .isEqualTo("0\t2147483647\n");
    }
}
