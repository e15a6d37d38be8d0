package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.mount;
import static dev.gantry.agent.pod.PodScenario.pod;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.pod.FakeHost.FakeContainer;
import dev.gantry.agent.pod.FakeHost.Program;
import dev.gantry.wire.node.v1.ContainerState.Terminated;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.PodStatus.Phase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A pod from its assignment to its end. */
class PodLifeTest extends AbstractPodTest {
    @Test
    void runsAPod() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> scenario.containerStatus("web").getReady());
        PodStatus status = scenario.status();
        assertThat(status.getPhase()).isEqualTo(Phase.RUNNING);
        assertThat(status.getAddressesList()).containsExactly("10.244.0.7");
        assertThat(status.getHostAddress()).isEqualTo("192.0.2.10");
        assertThat(scenario.containerStatus("web").getStarted()).isTrue();
        assertThat(scenario.events)
                .extracting(event -> event.getReason())
                .containsExactly("Pulled", "Created", "Started");
        assertThat(scenario.events.getFirst().getFieldPath()).isEqualTo("spec.containers{web}");
        assertThat(scenario.statuses)
                .extracting(PodStatus::getSequence)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void waitsForAnImageAndSaysSo() throws Exception {
        host.images.clear();
        run(pod(
                container("web"),
                container("ghost").setImage(ImageRef.newBuilder().setName("ghost:1"))));
        scenario.until(
                () -> waiting("web").equals("ErrImagePull") && waiting("ghost").equals("ImageNotFound"));
        assertThat(scenario.containerStatus("web").getState().getWaiting().getMessage())
                .contains("shop/web:1")
                .contains(PodScenario.DIGEST);
        assertThat(scenario.status().getPhase()).isEqualTo(Phase.PENDING);
        host.images.add(PodScenario.DIGEST);
        scenario.agent.imagesChanged();
        scenario.until(() -> scenario.running("web"));
    }

    @Test
    void runsInitContainersOneByOneThenSidecarsThenTheRest() throws Exception {
        host.programs.put("first", Program.SUCCEEDS);
        host.programs.put("second", Program.SUCCEEDS);
        run(pod(container("web"))
                .addInitContainers(container("first"))
                .addInitContainers(container("proxy").setSidecar(true))
                .addInitContainers(container("second")));
        scenario.until(() -> scenario.running("web"));
        assertThat(host.journal).containsSubsequence("start first", "start proxy", "start second", "start web");
        assertThat(scenario.running("proxy")).isTrue();
        assertThat(scenario.status().getInitialized()).isTrue();
        assertThat(scenario.containerStatus("first").getState().getTerminated().getReason())
                .isEqualTo("Completed");
    }

    @Test
    void failsThePodWhenAnInitContainerFailsAndMayNotRunAgain() throws Exception {
        host.programs.put("migrate", Program.FAILS);
        run(pod(container("web")).setRestartPolicy(RestartPolicy.NEVER).addInitContainers(container("migrate")));
        scenario.until(() -> scenario.status().getPhase() == Phase.FAILED);
        assertThat(waiting("web")).isEqualTo("PodInitializing");
        scenario.until(() -> host.attached.isEmpty());
    }

    @Test
    void backsOffAndSaysHowLong() throws Exception {
        host.programs.put("web", Program.FAILS);
        run(pod(container("web")));
        scenario.until(() -> waiting("web").equals("CrashLoopBackOff"));
        ContainerStatus status = scenario.containerStatus("web");
        assertThat(status.getRestartCount()).isEqualTo(1);
        assertThat(status.getState().getWaiting().getMessage())
                .isEqualTo("Back-off 10 s before restart 2 of container web, which ended with exit code 1 (Error)");
        assertThat(status.getLastTermination().getTerminated().getExitCode()).isEqualTo(1);
        assertThat(scenario.hasEvent("BackOff")).isTrue();
        scenario.clock.advance(Duration.ofMillis(9_999));
        assertThat(scenario.containerStatus("web").getRestartCount()).isEqualTo(1);
        scenario.clock.advance(Duration.ofMillis(1));
        scenario.until(() -> scenario.containerStatus("web").getRestartCount() == 2
                && scenario.containerStatus("web")
                        .getState()
                        .getWaiting()
                        .getMessage()
                        .contains("20 s"));
        host.programs.put("web", Program.RUNS);
        scenario.untilInTime(() -> scenario.running("web"));
        assertThat(scenario.status().getPhase()).isEqualTo(Phase.RUNNING);
    }

    @Test
    void endsByItsRestartPolicy() throws Exception {
        host.programs.put("job", Program.SUCCEEDS);
        run(pod(container("job"))
                .setRestartPolicy(RestartPolicy.ON_FAILURE)
                .addInitContainers(container("proxy").setSidecar(true)));
        scenario.until(() -> scenario.status().getPhase() == Phase.SUCCEEDED && host.attached.isEmpty());
        assertThat(host.journal).containsSubsequence("exit job", "signal proxy", "exit proxy");
        assertThat(host.cgroups).isEmpty();
    }

    @Test
    void saysWhyAContainerCanNotRun() throws Exception {
        host.refused.add("web");
        run(pod(container("web")));
        scenario.until(() -> waiting("web").equals("RunContainerError"));
        Terminated last = scenario.containerStatus("web").getLastTermination().getTerminated();
        assertThat(last.getReason()).isEqualTo("ContainerCannotRun");
        assertThat(last.getMessage()).contains("no such file");
        assertThat(last.getExitCode()).isEqualTo(128);
    }

    @Test
    void saysWhyAConfigurationCanNotWork() throws Exception {
        run(pod(container("web")
                .setSecurity(dev.gantry.wire.node.v1.Security.newBuilder().setRunAsNonRoot(true))));
        scenario.until(() -> waiting("web").equals("CreateContainerConfigError"));
        assertThat(scenario.containerStatus("web").getState().getWaiting().getMessage())
                .contains("runAsUser");
        assertThat(scenario.containerStatus("web").getRestartCount()).isZero();
    }

    @Test
    void tellsMemoryKillsAndLastWords() throws Exception {
        run(pod(container("web")
                .setTerminationMessagePath("/dev/termination-log")
                .setTerminationMessageFromLog(true)));
        scenario.until(() -> scenario.running("web"));
        FakeContainer web = host.runningContainer("web");
        Path words = web.config.mounts().stream()
                .filter(mount -> mount.target().equals("/dev/termination-log"))
                .findFirst()
                .orElseThrow()
                .source();
        Files.writeString(words, "out of cheese\n");
        web.end(137, 9, ExitRecord.Cause.OUT_OF_MEMORY, true);
        scenario.until(() -> scenario.containerStatus("web").getRestartCount() == 1 && scenario.running("web"));
        Terminated last = scenario.containerStatus("web").getLastTermination().getTerminated();
        assertThat(last.getReason()).isEqualTo("OOMKilled");
        assertThat(last.getMessage()).isEqualTo("out of cheese");
        FakeContainer second = host.runningContainer("web");
        Files.writeString(
                requireNonNull(second.config.logFile()).path(),
                "2026-01-01T00:00:00.000000001Z stderr F panic: no cheese\n2026-01-01T00:00:00.000000002Z stderr P half\n");
        second.exits(2);
        scenario.until(() -> scenario.containerStatus("web")
                        .getLastTermination()
                        .getTerminated()
                        .getExitCode()
                == 2);
        assertThat(scenario.containerStatus("web")
                        .getLastTermination()
                        .getTerminated()
                        .getMessage())
                .isEqualTo("panic: no cheese\nhalf");
    }

    @Test
    void replacesOneContainerAndLeavesTheOthers() throws Exception {
        run(pod(container("web"), container("log")));
        scenario.until(() -> scenario.running("web") && scenario.running("log"));
        FakeContainer other = host.runningContainer("log");
        run(pod(container("web").setGeneration(2), container("log"), container("extra")));
        scenario.until(() -> scenario.containerStatus("web").getGeneration() == 2
                && scenario.running("web")
                && scenario.running("extra"));
        assertThat(host.runningContainer("log")).isSameAs(other);
        run(pod(container("web").setGeneration(2)));
        scenario.until(
                () -> host.container("log").isEmpty() && host.container("extra").isEmpty());
        assertThat(scenario.status().getContainersList()).hasSize(1);
    }

    @Test
    void refusesToRunCommandsInWhatDoesNotRun() {
        assertThatThrownBy(() -> scenario.agent.exec(ExecRequest.newBuilder()
                        .setPodUid("nowhere")
                        .setContainer("web")
                        .build()))
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void triesAgainWhatTheHostCouldNotMakeAndCountsItAsNoFailureOfTheContainer() throws Exception {
        host.notMade.put("job", "CreateContainerError");
        run(pod(container("job").setTerminationMessagePath("/dev/termination-log"))
                .setRestartPolicy(RestartPolicy.NEVER));
        scenario.until(() -> waiting("job").equals("CreateContainerError"));
        for (int tries = 0; tries < 5; tries++) {
            scenario.clock.advance(Duration.ofSeconds(5));
            scenario.until(() -> waiting("job").equals("CreateContainerError"));
        }
        assertThat(scenario.status().getPhase()).isEqualTo(Phase.PENDING);
        assertThat(scenario.containerStatus("job").getRestartCount()).isZero();
        assertThat(lastWords()).hasSizeLessThanOrEqualTo(1);
        host.notMade.clear();
        scenario.untilInTime(() -> scenario.running("job"));
        assertThat(scenario.containerStatus("job").getRestartCount()).isZero();
    }

    @Test
    void leavesNothingOfStartsThatWereRefused() throws Exception {
        host.refused.add("web");
        run(pod(container("web").setTerminationMessagePath("/dev/termination-log")));
        scenario.untilInTime(() -> scenario.containerStatus("web").getRestartCount() >= 4);
        scenario.until(() -> lastWords().size() <= 1);
    }

    private List<Path> lastWords() {
        return tracesOnDisk().stream()
                .filter(path -> path.toString().contains("/last-words/"))
                .toList();
    }

    @Test
    void restartsASidecarBesideTheOthers() throws Exception {
        run(pod(container("web")).addInitContainers(container("proxy").setSidecar(true)));
        scenario.until(() -> scenario.running("web"));
        FakeContainer web = host.runningContainer("web");
        host.runningContainer("proxy").exits(0);
        scenario.until(() -> scenario.containerStatus("proxy").getRestartCount() == 1 && scenario.running("proxy"));
        assertThat(host.runningContainer("web")).isSameAs(web);
        assertThat(scenario.status().getPhase()).isEqualTo(Phase.RUNNING);
    }
}
