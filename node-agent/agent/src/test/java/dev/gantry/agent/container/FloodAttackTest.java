package dev.gantry.agent.container;

import static dev.gantry.agent.container.ContainerFixture.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.container.ContainerRuntime.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers that take all they can get: each ends at its own limit, and its neighbour answers. */
@Tag("root")
class FloodAttackTest {
    private static final int LOG_BYTES = 256 << 10;
    private static final int LOG_FILES = 3;

    @TempDir
    Path directory;

    private ContainerFixture fixture;
    private Container neighbour;

    @BeforeEach
    void begin() throws Exception {
        assumeTrue(ContainerFixture.canRun(), "needs root and /bin/busybox: it runs containers");
        fixture = new ContainerFixture(directory);
        neighbour = fixture.container("sleep", "1000").start();
    }

    @AfterEach
    void end() throws IOException {
        if (fixture != null) {
            fixture.close();
        }
    }

    private void assertNeighbourAnswers() throws Exception {
        assertThat(sh(neighbour, "echo alive").output()).isEqualTo("alive\n");
    }

    @Test
    void aForkBomb() throws Exception {
        Container bomb = fixture.container("sh", "-c", "f() { f | f & }; f; sleep 1000")
                .limits(100, 64 << 20, 30)
                .start();
        assertThat(bomb.usage().processes()).isLessThanOrEqualTo(30);
        assertNeighbourAnswers();
        bomb.kill();
        assertThat(ContainerFixture.await(bomb).signal()).isEqualTo(9);
    }

    @Test
    void aFloodOfZombies() throws Exception {
        Container flooded = fixture.container("sleep", "1000").limits(0, 0, 30).start();
        // what loses its parent becomes a child of the first process, which never looks
        assertThat(sh(flooded, "for i in $(seq 60); do (true &); done").output())
                .contains("can't fork");
        assertThat(sh(flooded, "true | true").output()).as("they stay").contains("can't fork");
        assertThat(flooded.usage().processes()).isLessThanOrEqualTo(30);
        assertNeighbourAnswers();
        flooded.kill();
        assertThat(ContainerFixture.await(flooded).signal()).isEqualTo(9);
    }

    @Test
    void aFloodOfOutput() throws Exception {
        Container flooding = fixture.container("busybox", "yes", "a line of a log that nobody wants to read")
                .rotating(LOG_BYTES, LOG_FILES)
                .start();
        await().until(() -> logFiles().size() == LOG_FILES);
        Path oldest = Path.of(fixture.log(flooding.config().id()) + ".2");
        Object before = Files.getAttribute(oldest, "unix:ino");
        await().until(() ->
                Files.exists(oldest) && !Files.getAttribute(oldest, "unix:ino").equals(before));
        assertNeighbourAnswers();
        flooding.kill();
        assertThat(ContainerFixture.await(flooding).signal()).isEqualTo(9);
        assertThat(logFiles())
                .hasSize(LOG_FILES)
                .allSatisfy(file -> assertThat(Files.size(file)).isLessThanOrEqualTo(LOG_BYTES + 16_384));
    }

    private List<Path> logFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("c2.log"))
                    .toList();
        }
    }
}
