package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.emptyDir;
import static dev.gantry.agent.pod.PodScenario.files;
import static dev.gantry.agent.pod.PodScenario.filesVolume;
import static dev.gantry.agent.pod.PodScenario.mount;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodStatus.KeptState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pod's whole life, with a death of the agent at each crash point in it: everything in memory is dropped, a new agent is built from disk, the leader
 * sends its snapshot as it does to every new session, and the life goes on. In the end nothing is left over.
 */
class PodCrashTest {
    @TempDir
    Path directory;

    private Thread.@Nullable UncaughtExceptionHandler before;

    /** Threads of a dead agent die of it: that is no news. */
    @BeforeEach
    void expectDeaths() {
        before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.UncaughtExceptionHandler others = before;
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            if (!(failure instanceof SimulatedCrash) && others != null) {
                others.uncaughtException(thread, failure);
            }
        });
    }

    @AfterEach
    void restoreHandler() {
        Thread.setDefaultUncaughtExceptionHandler(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pod.batch-persisted",
                "pod.assignment-persisted",
                "pod.files-persisted",
                "pod.revision-persisted",
                "pod.batch-spread",
                "pod.record-persisted",
                "pod.planned",
                "pod.cgroup-made",
                "pod.network-attached",
                "pod.volumes-ready",
                "pod.container-prepared",
                "pod.container-started",
                "pod.container-freed",
                "pod.network-detached",
                "pod.cgroup-deleted",
                "pod.volumes-freed",
                "pod.forgotten",
                "volume.set-up",
                "volume.files-written",
                "volume.files-swapped",
                "volume.files-linked",
                "volume.memory-freed",
                "volume.freed",
                "state.written-beside",
                "state.replaced",
                "state.deleted"
            })
    void survivesADeathAt(String point) throws Exception {
        for (int hit : new int[] {1, 2, 4}) {
            try (ArmedCrash crash = CrashPoint.arm(point, hit)) {
                Life life = new Life(directory.resolve("hit-" + hit), crash);
                life.live();
                // some points are passed once in a life
                assertThat(hit > 1 || crash.awaitCrash(Duration.ofSeconds(10))).isTrue();
                life.end();
            }
        }
    }

    /** The leader's side of one pod's life. */
    private static final class Life {
        private final Path directory;
        private final ArmedCrash crash;
        private PodScenario scenario;
        private Assignment assignment;
        private PodFiles config = files("config", 1, "one");
        private boolean forgotten;
        private boolean disarmed;

        Life(Path directory, ArmedCrash crash) throws Exception {
            this.directory = Files.createDirectories(directory);
            this.crash = crash;
            this.assignment = assignment(DesiredState.RUNNING, spec(1));
            try {
                scenario = new PodScenario(directory);
            } catch (SimulatedCrash e) {
                crash.close();
                scenario = new PodScenario(directory);
            }
            scenario.host.programs.put("migrate", FakeHost.Program.SUCCEEDS);
        }

        void live() throws Exception {
            stage(
                    assignment,
                    () -> scenario.status().getInitialized()
                            && scenario.containerStatus("web").getReady());
            config = files("config", 2, "two");
            stage(assignment, () -> "two".equals(visibleConfig()));
            scenario.host.container("web").ifPresent(web -> web.exits(3));
            stage(assignment, () -> scenario.containerStatus("web").getReady());
            stage(
                    assignment(DesiredState.RUNNING, spec(2)),
                    () -> scenario.containerStatus("web").getGeneration() == 2
                            && scenario.containerStatus("web").getReady());
            stage(
                    assignment(DesiredState.PAUSED, spec(2)),
                    () -> scenario.status().getKept() == KeptState.KEPT_PAUSED);
            stage(
                    assignment(DesiredState.RUNNING, spec(2)),
                    () -> scenario.status().getKept() == KeptState.KEPT_NONE
                            && !scenario.host.runningContainer("web").paused);
            Path kept = writableLayer().resolve("kept");
            Files.writeString(kept, "kept");
            stage(
                    assignment(DesiredState.STOPPED_KEPT, spec(2)),
                    () -> scenario.status().getKept() == KeptState.KEPT_STOPPED);
            stage(
                    assignment(DesiredState.RUNNING, spec(2)),
                    () -> scenario.containerStatus("web").getReady());
            assertThat(writableLayer().resolve("kept")).isEqualTo(kept).hasContent("kept");
            stage(
                    assignment(DesiredState.REMOVED, spec(2)),
                    () -> scenario.status().getRemoved());
            forgotten = true;
            stage(assignment, () -> scenario.agent.statuses().isEmpty());
        }

        void end() throws Exception {
            stage(assignment, () -> scenario.agent.statuses().isEmpty());
            scenario.until(() -> leftOvers().isEmpty());
            scenario.close();
            assertThat(leftOvers()).isEmpty();
        }

        private void stage(Assignment next, BooleanSupplier reached) throws Exception {
            assignment = next;
            tell();
            Awaitility.await()
                    .dontCatchUncaughtExceptions()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> {
                        if (crash.crashed() && !disarmed) {
                            dieAndComeBack();
                        }
                        if (reached.getAsBoolean()) {
                            return true;
                        }
                        scenario.clock.advance(Duration.ofMillis(200));
                        return false;
                    });
        }

        private void dieAndComeBack() throws Exception {
            disarmed = true;
            scenario.kill();
            crash.close();
            scenario.newAgent();
            tell();
        }

        private void tell() throws Exception {
            try {
                scenario.agent.snapshot(
                        scenario.nextRevision(),
                        forgotten ? List.of() : List.of(assignment),
                        forgotten ? List.of() : List.of(config, files("secret", 1, "hidden")));
            } catch (SimulatedCrash e) {
                dieAndComeBack();
            }
        }

        private Path writableLayer() {
            return scenario.host.runningContainer("web").config.writableLayer();
        }

        private String visibleConfig() {
            Path file = scenario.state().resolve("volumes").resolve(UID).resolve("config/config");
            try {
                return Files.exists(file) ? Files.readString(file) : "";
            } catch (IOException e) {
                return "";
            }
        }

        private List<String> leftOvers() {
            List<String> left = new ArrayList<>();
            left.addAll(scenario.host.containers.keySet());
            left.addAll(scenario.host.attached);
            left.addAll(scenario.host.leases);
            left.addAll(scenario.host.cgroups);
            scenario.host.mounts.forEach(mount -> left.add(mount.toString()));
            try (Stream<Path> walk = Files.walk(directory)) {
                walk.filter(path -> path.toString().contains(UID)).forEach(path -> left.add(path.toString()));
            } catch (IOException | java.io.UncheckedIOException e) {
                left.add("being deleted");
            }
            return left;
        }

        private static PodSpec.Builder spec(long generation) {
            return pod(container("web")
                            .setGeneration(generation)
                            .addMounts(mount("data", "/data"))
                            .addMounts(mount("scratch", "/scratch"))
                            .addMounts(mount("config", "/etc/app"))
                            .addMounts(mount("secret", "/etc/secret"))
                            .setTerminationMessagePath("/dev/termination-log"))
                    .addInitContainers(container("proxy").setSidecar(true))
                    .addInitContainers(container("migrate"))
                    .addVolumes(emptyDir("data", false))
                    .addVolumes(emptyDir("scratch", true))
                    .addVolumes(filesVolume("config", false))
                    .addVolumes(filesVolume("secret", true));
        }
    }
}
