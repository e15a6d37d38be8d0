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
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Full disks, really full: nothing is lost, and what could not be done is done when there is space. */
@Tag("root")
class PodFullDiskTest {
    @TempDir
    Path directory;

    private SmallDisk state;
    private SmallDisk run;
    private PodScenario scenario;
    private FakeHost host;

    @BeforeEach
    void begin() throws Exception {
        assumeTrue(SmallDisk.canMount(), "needs root to mount a small tmpfs");
        state = new SmallDisk(directory.resolve("state"));
        run = new SmallDisk(directory.resolve("run"));
        scenario = new PodScenario(directory);
        host = scenario.host;
    }

    @AfterEach
    void end() throws Exception {
        scenario.close();
        run.close();
        state.close();
    }

    @Test
    void refusesAssignmentsThatItCanNotKeepAndTakesThemLater() throws Exception {
        begin(spec());
        long revision = scenario.agent.revision();
        run.fill();
        assertThatThrownBy(() -> scenario.assign(assignment(DesiredState.REMOVED, spec())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left");
        assertThat(scenario.agent.revision()).isEqualTo(revision);
        assertThat(scenario.running("web")).isTrue();
        run.free();
        scenario.assign(assignment(DesiredState.REMOVED, spec()));
        scenario.until(() -> scenario.status().getRemoved());
    }

    @Test
    void startsAPodOnceThereIsSpaceForItAndNeverCallsItFailed() throws Exception {
        state.fill();
        scenario.agent.delta(
                scenario.nextRevision(),
                List.of(assignment(DesiredState.RUNNING, spec().setRestartPolicy(RestartPolicy.NEVER))),
                List.of(files("config", 1, "one")),
                List.of());
        scenario.until(() -> scenario.status().getReason().equals("FailedMount"));
        assertThat(scenario.status().getMessage())
                .contains("No space left", "the disk of the agent, " + scenario.state() + ", is full; make room there");
        state.free();
        scenario.untilInTime(() -> scenario.running("web"));
        assertThat(scenario.containerStatus("web").getRestartCount()).isZero();
    }

    @Test
    void countsAnExitAndRestartsThoughNothingCanBeWritten() throws Exception {
        begin(spec());
        run.fill();
        state.fill();
        host.runningContainer("web").exits(7);
        scenario.until(() -> scenario.containerStatus("web")
                        .getState()
                        .getWaiting()
                        .getReason()
                        .equals("StateNotSaved")
                || scenario.containerStatus("web").getState().hasTerminated());
        run.free();
        state.free();
        scenario.untilInTime(() -> scenario.running("web"));
        assertThat(scenario.containerStatus("web").getRestartCount()).isEqualTo(1);
        assertThat(scenario.containerStatus("web")
                        .getLastTermination()
                        .getTerminated()
                        .getExitCode())
                .isEqualTo(7);
        scenario.killAndRestart();
        scenario.until(() -> scenario.running("web"));
        assertThat(scenario.containerStatus("web").getRestartCount()).isEqualTo(1);
    }

    @Test
    void swapsFilesInOnceThereIsSpaceAndKeepsTheOldOnesUntilThen() throws Exception {
        begin(spec());
        Path file = scenario.state().resolve("volumes/" + UID + "/config/config");
        state.fill();
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 2, "two")), List.of());
        scenario.until(() -> scenario.status().getReason().equals("FailedMount"));
        assertThat(file).hasContent("one");
        state.free();
        scenario.untilInTime(() -> AbstractPodTest.read(file).equals("two"));
        scenario.until(() -> scenario.status().getReason().isEmpty());
    }

    @Test
    void removesAPodFromAFullDisk() throws Exception {
        begin(spec());
        state.fill();
        scenario.assign(assignment(DesiredState.REMOVED, spec()));
        scenario.until(() -> scenario.status().getRemoved());
        assertThat(host.containers).isEmpty();
    }

    private void begin(PodSpec.Builder spec) throws IOException {
        scenario.agent.delta(
                scenario.nextRevision(),
                List.of(assignment(DesiredState.RUNNING, spec)),
                List.of(files("config", 1, "one")),
                List.of());
        scenario.until(() -> scenario.running("web"));
    }

    private static PodSpec.Builder spec() {
        return pod(container("web")
                        .addMounts(mount("data", "/data"))
                        .addMounts(mount("config", "/etc/app"))
                        .setTerminationMessagePath("/dev/termination-log"))
                .addVolumes(emptyDir("data", false))
                .addVolumes(filesVolume("config", false));
    }
}
