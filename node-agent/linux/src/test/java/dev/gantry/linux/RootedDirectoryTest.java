package dev.gantry.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gantry.linux.RootedDirectory.Escape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

class RootedDirectoryTest {
    private static final int SYS_READ = 0;

    @TempDir
    Path outside;

    private Path root;
    private RootedDirectory contained;
    private RootedDirectory refused;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectory(outside.resolve("root"));
        Files.writeString(outside.resolve("secret"), "secret");
        contained = RootedDirectory.open(root, Escape.CONTAINED);
        refused = RootedDirectory.open(root, Escape.REFUSED);
    }

    @AfterEach
    void close() {
        contained.close();
        refused.close();
    }

    @Test
    void makesAndReadsFilesBeneathIt() throws IOException {
        refused.mkdirs("a/b/c", 0755);
        try (Descriptor file = refused.create("a/b/c/f", 0640)) {
            file.write("hello".getBytes(StandardCharsets.UTF_8));
            file.setTimes(FileTimes.both(Instant.ofEpochSecond(1_000_000, 42)));
        }
        FileStatus stat = refused.stat("a/b/c/f");
        assertThat(stat.isRegularFile()).isTrue();
        assertThat(stat.size()).isEqualTo(5);
        assertThat(stat.permissions() & 0640).isEqualTo(0640);
        assertThat(stat.modified()).isEqualTo(Instant.ofEpochSecond(1_000_000, 42));
        assertThat(refused.list("a/b/c")).containsExactly("f");
        try (Descriptor file = refused.open("a/b/c/f", OpenFlags.READ_ONLY, 0)) {
            assertThat(new String(file.input().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("hello");
        }
    }

    @Test
    void refusesWhatLeadsOut() throws IOException {
        Files.createSymbolicLink(root.resolve("up"), Path.of("../secret"));
        Files.createSymbolicLink(root.resolve("absolute"), outside.resolve("secret"));
        for (String path :
                List.of("../secret", "up", "absolute", outside.resolve("secret").toString())) {
            assertThatThrownBy(() -> refused.open(path, OpenFlags.READ_ONLY, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EXDEV))
                    .hasMessageContaining(path);
        }
    }

    @Test
    void containsWhatLeadsOut() throws IOException {
        Files.createSymbolicLink(root.resolve("absolute"), Path.of("/etc"));
        contained.mkdirs("etc", 0755);
        contained.create("absolute/gantry", 0600).close();
        assertThat(Files.exists(root.resolve("etc/gantry"))).isTrue();
        assertThatThrownBy(() -> contained.open("../../secret", OpenFlags.READ_ONLY, 0))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void neverFollowsTheLastNameWhenItChangesIt() throws IOException {
        Files.createSymbolicLink(root.resolve("link"), outside.resolve("secret"));
        assertThat(contained.stat("link").isSymbolicLink()).isTrue();
        assertThatThrownBy(() -> contained.create("link", 0600)).isInstanceOf(LinuxException.class);
        contained.unlink("link");
        assertThat(Files.readString(outside.resolve("secret"))).isEqualTo("secret");
    }

    @Test
    void deletesTreesWithoutFollowingLinks() throws IOException {
        Path precious = Files.createDirectories(outside.resolve("precious"));
        Files.writeString(precious.resolve("file"), "x");
        Files.createDirectories(root.resolve("tree/sub"));
        Files.createSymbolicLink(root.resolve("tree/sub/link"), precious);
        contained.deleteTree("tree");
        contained.deleteTree("tree");
        assertThat(Files.exists(root.resolve("tree"))).isFalse();
        assertThat(Files.exists(precious.resolve("file"))).isTrue();
    }

    @Test
    void deletesATreeThatIsDeeperThanAnyPath() throws IOException {
        RootedDirectory at = RootedDirectory.open(root, Escape.REFUSED);
        for (int i = 0; i < 3000; i++) {
            at.mkdir("deep", 0700);
            RootedDirectory next = at.openDirectory("deep");
            at.close();
            at = next;
        }
        at.create("file", 0600).close();
        at.close();
        refused.deleteTree("deep");
        assertThat(refused.list("")).isEmpty();
    }

    @Test
    void keepsNamesThatAreNotUtf8() throws IOException {
        String name = FileNames.decode(new byte[] {'a', (byte) 0xff, 'b', (byte) 0xc3});
        refused.create(name, 0600).close();
        assertThat(refused.list("")).containsExactly(name);
        assertThat(FileNames.encode(name)).containsExactly('a', 0xff, 'b', 0xc3);
        refused.deleteTree(name);
        assertThat(refused.list("")).isEmpty();
    }

    @Test
    void refusesNamesWithNul() {
        assertThatThrownBy(() -> refused.create("a\0b", 0600))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }

    @Test
    void exchangesAndMoves() throws IOException {
        refused.mkdir("one", 0700);
        refused.create("one/1", 0600).close();
        refused.mkdir("two", 0700);
        refused.exchange("one", "two");
        assertThat(refused.list("two")).containsExactly("1");
        try (RootedDirectory two = refused.openDirectory("two")) {
            refused.mkdir("target", 0700);
            try (RootedDirectory target = refused.openDirectory("target")) {
                two.moveTo("1", target, "2");
            }
        }
        assertThat(refused.list("target")).containsExactly("2");
    }

    @Test
    @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
    void waitingForManyFifosDelaysNothingElse() throws Exception {
        refused.mknod("fifo", 0010600, 0, 0);
        List<Thread> waiting = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            waiting.add(Thread.ofVirtual().start(() -> {
                try (Descriptor fifo = refused.openWaiting("fifo", OpenFlags.READ_ONLY, 0)) {
                    assertThat(fifo.read(new byte[1], 0, 1)).isEqualTo(1);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        await().until(() -> callsInProgress(Libc.SYS_OPENAT2) == 64);
        refused.create("other", 0600).close();
        // without waiting, a FIFO opens at once or says that nobody reads it
        refused.open("fifo", OpenFlags.READ_ONLY, 0).close();
        try (Descriptor writer = refused.open("fifo", OpenFlags.READ_WRITE, 0)) {
            assertThat(writer.stat().isFifo()).isTrue();
            // what was opened is read apart, too
            await().until(() -> callsInProgress(SYS_READ) >= 64);
            refused.create("another", 0600).close();
            writer.write(new byte[64]);
            for (Thread thread : waiting) {
                thread.join();
            }
        }
    }

    /** How many threads of this process are in a system call of this number (proc(5), /proc/PID/task/TID/syscall). */
    private static long callsInProgress(int number) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.filter(thread -> current(thread).startsWith(number + " "))
                    .count();
        }
    }

    private static String current(Path thread) {
        try {
            return Files.readString(thread.resolve("syscall"));
        } catch (IOException e) {
            return "ended";
        }
    }
}
