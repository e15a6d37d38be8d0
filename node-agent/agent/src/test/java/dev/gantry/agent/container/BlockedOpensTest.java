package dev.gantry.agent.container;

import static dev.gantry.agent.container.ContainerFixture.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import dev.gantry.linux.cgroup.CgroupLimits;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** While opens of FIFOs wait in the kernel, everything else goes on: there are as many of them as the pool of short calls has threads. */
@Tag("root")
class BlockedOpensTest {
    private static final int OPENS = 64;
    private static final String OPENAT2 = "437 ";

    @TempDir
    Path directory;

    private ContainerFixture fixture;
    private RootedDirectory fifos;
    private final List<Thread> waiting = new ArrayList<>();

    @BeforeEach
    void begin() throws IOException {
        assumeTrue(ContainerFixture.canRun(), "needs root and /bin/busybox: it runs containers");
        fixture = new ContainerFixture(directory);
        fifos = RootedDirectory.open(
                Files.createDirectories(directory.resolve("fifos")), RootedDirectory.Escape.REFUSED);
    }

    @AfterEach
    void end() throws Exception {
        if (fixture == null) {
            return;
        }
        for (int i = 0; i < waiting.size(); i++) {
            // not through what is tested: it may hang
            Path fifo = directory.resolve("fifos/fifo-" + i);
            try (FileChannel writer = FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                assertThat(writer.isOpen()).isTrue();
                waiting.get(i).join();
            }
        }
        fifos.close();
        fixture.close();
    }

    private void block() throws IOException {
        for (int i = 0; i < OPENS; i++) {
            String name = "fifo-" + i;
            fifos.mknod(name, 0010600, 0, 0);
            waiting.add(Thread.ofVirtual().start(() -> {
                try {
                    fifos.openWaiting(name, OpenFlags.READ_ONLY, 0).close();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        await().until(() -> opensInProgress() == OPENS);
    }

    private static long opensInProgress() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.filter(BlockedOpensTest::isInOpen).count();
        }
    }

    private static boolean isInOpen(Path thread) {
        try {
            return Files.readString(thread.resolve("syscall")).startsWith(OPENAT2);
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    @Test
    @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
    void containersStartAndExecute() throws Exception {
        block();
        fixture.cgroups.create("pods/other", new CgroupLimits(100, 2, 1 << 20, 10));
        fixture.cgroups.group("pods/other").delete();
        NetworkNamespace.create().close();
        Container container = fixture.container("sleep", "1000").start();
        assertThat(sh(container, "echo hello").output()).isEqualTo("hello\n");
        assertThat(container.usage().processes()).isEqualTo(1);
        assertThat(fixture.runtime().adopt()).hasSize(1);
        container.kill();
        assertThat(ContainerFixture.await(container).signal()).isEqualTo(9);
        container.remove(false);
        assertThat(opensInProgress()).isEqualTo(OPENS);
    }

    @Test
    @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
    void opensThatDoNotSayThatTheyWaitNeverDo() throws Exception {
        block();
        for (int i = 0; i < OPENS; i++) {
            fifos.mknod("other-" + i, 0010600, 0, 0);
            fifos.open("other-" + i, OpenFlags.READ_ONLY, 0).close();
            fifos.find("other-" + i);
            NetworkNamespace.open(directory.resolve("fifos/other-" + i)).close();
        }
        assertThat(opensInProgress()).isEqualTo(OPENS);
    }
}
