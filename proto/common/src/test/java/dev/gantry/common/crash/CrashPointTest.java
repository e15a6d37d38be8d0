package dev.gantry.common.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashPointTest {
    private static final CrashPoint FIRST = CrashPoint.of("test.first");
    private static final CrashPoint SECOND = CrashPoint.of("test.second");
    /** As the JVM tells of a child that was ended by signal 9. */
    private static final int SIGKILLED = 128 + 9;

    @Test
    void doesNothingUnlessArmed() {
        assertThatCode(FIRST::reach).doesNotThrowAnyException();
    }

    @Test
    void throwsAtTheNthHitAndEverywhereAfterIt() {
        try (ArmedCrash crash = CrashPoint.arm("test.first", 2)) {
            FIRST.reach();
            SECOND.reach();
            assertThat(crash.crashed()).isFalse();
            assertThatThrownBy(FIRST::reach).isInstanceOf(SimulatedCrash.class).hasMessageContaining("test.first");
            assertThat(crash.crashed()).isTrue();
            assertThatThrownBy(SECOND::reach).isInstanceOf(SimulatedCrash.class);
        }
        assertThatCode(FIRST::reach).doesNotThrowAnyException();
    }

    @Test
    void isNotAnException() {
        try (ArmedCrash crash = CrashPoint.arm("test.first", 1)) {
            assertThatThrownBy(() -> {
                        try {
                            FIRST.reach();
                        } catch (RuntimeException e) {
                            throw new AssertionError("swallowed by a handler of exceptions", e);
                        }
                    })
                    .isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
    }

    @Test
    void armsOneAtATime() {
        try (ArmedCrash crash = CrashPoint.arm("test.first", 1)) {
            assertThatThrownBy(() -> CrashPoint.arm("test.second", 1)).hasMessageContaining("test.first:1");
            assertThat(crash).hasToString("test.first:1");
        }
    }

    @Test
    void refusesNamesThatAreNotWords() {
        assertThatThrownBy(() -> CrashPoint.of("Pod Spec")).hasMessageContaining("pod.spec-persisted");
    }

    @Test
    void recordsWhereTestsHaveFailedInThisBuild(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("target/crash-points.txt");
        CrashRecord.add(file, "yesterday", "test.first", "OldTest");
        CrashRecord.add(file, "today", "test.first", "ATest");
        CrashRecord.add(file, "today", "test.first", "ATest");
        CrashRecord.add(file, "today", "test.second", "BTest");
        assertThat(file).content().isEqualTo("today\ntest.first ATest\ntest.second BTest\n");
    }

    @Test
    void killsAProcessOnceForEachFile(@TempDir Path folder) throws Exception {
        Files.createFile(folder.resolve("test.second"));
        Process killed = victim(folder);
        assertThat(killed.inputReader().readAllLines()).containsExactly("first");
        assertThat(killed.waitFor()).isEqualTo(SIGKILLED);
        assertThat(folder.resolve("test.second.reached")).exists();

        Process next = victim(folder);
        assertThat(next.inputReader().readAllLines()).containsExactly("first", "second", "a hook ran");
        assertThat(next.waitFor()).isZero();
    }

    private static Process victim(Path folder) throws IOException {
        return new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dgantry.crash.folder=" + folder,
                        "-cp",
                        System.getProperty("java.class.path", ""),
                        Victim.class.getName())
                .redirectErrorStream(true)
                .start();
    }

    /** Says what it is past. */
    static final class Victim {
        private Victim() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] arguments) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("a hook ran")));
            FIRST.reach();
            System.out.println("first");
            SECOND.reach();
            System.out.println("second");
        }
    }
}
