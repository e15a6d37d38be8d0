package dev.gantry.agent.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent dies at each point of a container's life; the next one finds everything, and nothing is left after it. */
@Tag("root")
class ContainerCrashTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "container.writable-layer-made",
                "container.environment-written",
                "container.state-written",
                "container.cgroup-made",
                "container.launched",
                "container.exit-written",
                "container.cgroup-removed",
                "container.writable-layer-removed",
                "container.run-removed",
                "container.state-removed"
            })
    void recoversFrom(String point) throws Exception {
        assumeTrue(ContainerFixture.canRun(), "needs root and /bin/busybox: it runs containers");
        try (ContainerFixture fixture = new ContainerFixture(directory)) {
            try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
                liveAndDie(fixture, crash);
                assertThat(crash.crashed()).isTrue();
            }

            LauncherRuntime next = fixture.restartAgent();
            for (Container container : next.adopt()) {
                assertThat(ContainerFixture.await(container).exitCode()).isIn(3, 137);
            }
            Container again = fixture.container("sh", "-c", "exit 4").start();
            assertThat(ContainerFixture.await(again).exitCode()).isEqualTo(4);
            next.removeAllBut(List.of());
            assertThat(next.adopt()).isEmpty();
            assertThat(fixture.cgroups.children("pods/p1")).isEmpty();
            for (String root : List.of("state/containers", "run/containers")) {
                try (var entries = Files.list(directory.resolve(root))) {
                    assertThat(entries).isEmpty();
                }
            }
        }
    }

    private static void liveAndDie(ContainerFixture fixture, ArmedCrash crash) throws Exception {
        try {
            Container container = fixture.container("sh", "-c", "exit 3").start();
            await().until(() -> crash.crashed() || container.exit().isPresent());
            container.remove(false);
        } catch (SimulatedCrash e) {
            assertThat(crash.crashed()).isTrue();
        }
    }
}
