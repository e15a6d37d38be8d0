package dev.gantry.agent.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.agent.state.StateFileException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
    @TempDir
    Path directory;

    @Test
    void isEmptyAtFirst() throws Exception {
        assertThat(file(1, 1).read()).isEmpty();
    }

    @Test
    void keepsWhatWasWritten() throws Exception {
        StateFile file = file(2, 1);
        file.write("first".getBytes(UTF_8), Durability.PROCESS_CRASH);
        file.write("second\n\0".getBytes(UTF_8), Durability.POWER_LOSS);
        StateFile.Contents contents = file.read().orElseThrow();
        assertThat(contents.version()).isEqualTo(2);
        assertThat(contents.body()).asString(UTF_8).isEqualTo("second\n\0");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())))
                .isEqualTo("rw-------");
        try (var files = Files.list(directory.resolve("deep"))) {
            assertThat(files).containsExactly(file.path());
        }
    }

    @Test
    void readsTheFileOfVersionOne() throws Exception {
        StateFile file = file(1, 1);
        Files.createDirectories(directory.resolve("deep"));
        Files.writeString(file.path(), "gantry test 1 5 9a71bb4c\nhello");
        assertThat(file.read().orElseThrow().body()).asString(UTF_8).isEqualTo("hello");
    }

    @Test
    void refusesAVersionThatItDoesNotKnow() throws Exception {
        file(3, 1).write(new byte[0], Durability.PROCESS_CRASH);
        assertThatThrownBy(() -> file(2, 1).read())
                .isInstanceOfSatisfying(
                        StateFileException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_VERSION))
                .hasMessageContaining("version 3")
                .hasMessageContaining("reads 1 to 2");
        assertThat(file(3, 3).read()).isPresent();
        assertThatThrownBy(() -> file(4, 4).read()).hasMessageContaining("version 3");
    }

    @Test
    void setsADamagedFileAside() throws Exception {
        for (String damage :
                new String[] {"", "gantry", "gantry test 1 5 9a71bb4c\nhellO", "gantry test 1 5 9a71bb4c\nhell"}) {
            StateFile file = file(1, 1);
            Files.createDirectories(directory.resolve("deep"));
            Files.writeString(file.path(), damage);
            assertThatThrownBy(file::read)
                    .isInstanceOfSatisfying(
                            StateFileException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.CORRUPTED))
                    .hasMessageContaining("file.corrupt");
            assertThat(file.read()).isEmpty();
            assertThat(directory.resolve("deep/file.corrupt")).hasContent(damage);
        }
    }

    @Test
    void deletesTwice() throws Exception {
        StateFile file = file(1, 1);
        file.write(new byte[1], Durability.PROCESS_CRASH);
        file.delete();
        file.delete();
        assertThat(file.read()).isEmpty();
    }

    @Test
    @Tag("root")
    void keepsTheOldContentWhenTheDiskIsFull() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount a small tmpfs");
        Path small = Files.createDirectory(directory.resolve("small"));
        run("mount", "-t", "tmpfs", "-o", "size=64k", "gantry-test", small.toString());
        try {
            StateFile file = new StateFile(small.resolve("file"), "test", 1, 1);
            file.write("kept".getBytes(UTF_8), Durability.POWER_LOSS);
            assertThatThrownBy(() -> file.write(new byte[1 << 20], Durability.POWER_LOSS))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("old content stays");
            assertThat(file.read().orElseThrow().body()).asString(UTF_8).isEqualTo("kept");
            file.write("room again".getBytes(UTF_8), Durability.POWER_LOSS);
        } finally {
            run("umount", small.toString());
        }
    }

    private StateFile file(int version, int oldest) {
        return new StateFile(directory.resolve("deep/file"), "test", version, oldest);
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }
}
