package dev.gantry.common.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashPointTest {
    private static final CrashPoint FIRST = CrashPoint.of("test.first");
    private static final CrashPoint SECOND = CrashPoint.of("test.second");

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
        assertThatThrownBy(() -> ArmedCrash.parse("pod.spec-persisted:x")).hasMessageContaining("name:n");
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
    void haltsAProcessThatWasStartedWithIt() throws Exception {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dgantry.crash=test.victim:2",
                        "-cp",
                        System.getProperty("java.class.path", "").replace(":", File.pathSeparator),
                        Victim.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(CrashPoint.EXIT_CODE);
        assertThat(output).isEqualTo("once\n");
    }

    /** Dies at its second step. */
    static final class Victim {
        private static final CrashPoint STEP = CrashPoint.of("test.victim");

        private Victim() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] arguments) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("a hook ran")));
            STEP.reach();
            System.out.println("once");
            STEP.reach();
            System.out.println("twice");
        }
    }
}
