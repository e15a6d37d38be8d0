package dev.gantry.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CgroupTreeTest {
    private static final String V2 =
            "29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    private static final String HYBRID = """
            31 22 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
            32 31 0:27 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw
            33 31 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
            34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw shared:15 - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw shared:16 - cgroup cgroup rw,memory
            36 31 0:33 / /sys/fs/cgroup/pids rw shared:17 - cgroup cgroup rw,pids
            37 31 0:34 / /sys/fs/cgroup/freezer rw shared:17 - cgroup cgroup rw,freezer
            """;

    @Test
    void detectsVersionTwo() {
        CgroupTree tree = CgroupTree.of("gantry", CgroupMounts.parse(V2));
        assertThat(tree.layout()).isEqualTo(CgroupLayout.V2);
        assertThat(tree.mountsInside()).containsExactly("");
        Cgroup cgroup = tree.group("pods/1/c");
        assertThat(cgroup.placement()).isEmpty();
        assertThat(cgroup.unified()).contains(Path.of("/sys/fs/cgroup/gantry/pods/1/c"));
        assertThat(cgroup.oomFile()).contains(Path.of("/sys/fs/cgroup/gantry/pods/1/c/memory.events"));
    }

    @Test
    void detectsBothAtOnce() {
        CgroupTree tree = CgroupTree.of("gantry", CgroupMounts.parse(HYBRID));
        assertThat(tree.layout()).isEqualTo(CgroupLayout.HYBRID);
        assertThat(tree.group("c").placement())
                .containsExactlyInAnyOrder(
                        Path.of("/sys/fs/cgroup/cpu,cpuacct/gantry/c"),
                        Path.of("/sys/fs/cgroup/memory/gantry/c"),
                        Path.of("/sys/fs/cgroup/pids/gantry/c"));
        assertThat(tree.mountsInside()).containsExactly("unified:", "cpu,cpuacct:cpu", "memory:memory", "pids:pids");
    }

    @Test
    void detectsVersionOne() {
        String v1 = HYBRID.lines().filter(line -> !line.contains("cgroup2")).reduce("", (a, b) -> a + b + "\n");
        CgroupTree tree = CgroupTree.of("gantry", CgroupMounts.parse(v1));
        assertThat(tree.layout()).isEqualTo(CgroupLayout.V1);
        assertThat(tree.group("c").placement()).contains(Path.of("/sys/fs/cgroup/freezer/gantry/c"));
    }

    @Test
    void convertsShares() {
        assertThat(new CgroupLimits(0, 1024, 0, 0).weight()).isEqualTo(39);
        assertThat(new CgroupLimits(0, 2, 0, 0).weight()).isEqualTo(1);
        assertThat(new CgroupLimits(0, 262_144, 0, 0).weight()).isEqualTo(10_000);
        assertThat(new CgroupLimits(250, 0, 0, 0).quotaMicros()).isEqualTo(25_000);
    }

    @Test
    void staysBeneathItsTree() {
        CgroupTree tree = CgroupTree.of("gantry", CgroupMounts.parse(V2));
        for (String path : new String[] {"../other", "/sys", "a/../..", ""}) {
            assertThatThrownBy(() -> tree.group(path)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    @Tag("root")
    void limitsFreezesKillsAndDeletesRealProcesses() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: it makes cgroups");
        CgroupTree tree = CgroupTree.of("gantry-test-" + ProcessHandle.current().pid());
        try {
            Cgroup cgroup = tree.create("pods/a/b", new CgroupLimits(500, 512, 64 << 20, 20));
            Process process = new ProcessBuilder("sleep", "1000").start();
            for (Path directory : cgroup.placement()) {
                Files.writeString(directory.resolve("cgroup.procs"), Long.toString(process.pid()));
            }
            if (cgroup.unified().isPresent()) {
                Files.writeString(cgroup.unified().get().resolve("cgroup.procs"), Long.toString(process.pid()));
            }
            assertThat(cgroup.processes()).containsExactly((int) process.pid());
            assertThat(cgroup.usage().processes()).isEqualTo(1);
            cgroup.freeze();
            assertThat(cgroup.isFrozen()).isTrue();
            cgroup.thaw();
            assertThat(cgroup.isFrozen()).isFalse();
            cgroup.freeze();
            cgroup.kill();
            assertThat(process.waitFor()).isEqualTo(137);
            cgroup.delete();
            assertThat(cgroup.exists()).isFalse();
            cgroup.delete();
            cgroup.kill();
        } finally {
            tree.delete();
        }
        assertThat(tree.children("")).isEmpty();
    }
}
