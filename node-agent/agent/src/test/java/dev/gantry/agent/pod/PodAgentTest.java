package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.emptyDir;
import static dev.gantry.agent.pod.PodScenario.files;
import static dev.gantry.agent.pod.PodScenario.filesVolume;
import static dev.gantry.agent.pod.PodScenario.mount;
import static dev.gantry.agent.pod.PodScenario.pod;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.pod.FakeHost.FakeContainer;
import dev.gantry.agent.pod.FakeHost.Program;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerState.Terminated;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import dev.gantry.wire.node.v1.ExecAction;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.Handler;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.PodStatus.KeptState;
import dev.gantry.wire.node.v1.PodStatus.Phase;
import dev.gantry.wire.node.v1.Probe;
import dev.gantry.wire.node.v1.VolumeMount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodAgentTest {
    @TempDir
    Path directory;

    private PodScenario scenario;
    private FakeHost host;

    @BeforeEach
    void begin() throws Exception {
        scenario = new PodScenario(directory);
        host = scenario.host;
    }

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

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
    void stopsWithHookSignalAndKill() throws Exception {
        host.programs.put("web", Program.RUNS_ON_AFTER_TERM);
        run(pod(container("web").setPreStop(exec("drain")).setStopSignal("SIGQUIT")));
        scenario.until(() -> scenario.running("web"));
        FakeContainer web = host.runningContainer("web");
        scenario.assign(removed(pod(container("web").setPreStop(exec("drain")).setStopSignal("SIGQUIT"))));
        scenario.until(() -> web.signals.contains(3));
        assertThat(host.journal).containsSubsequence("exec web drain", "signal web");
        assertThat(scenario.hasEvent("Killing")).isTrue();
        scenario.clock.advance(Duration.ofSeconds(29));
        assertThat(web.exit).isNull();
        scenario.clock.advance(Duration.ofSeconds(1));
        scenario.untilInTime(() -> scenario.status().getRemoved());
        assertThat(web.signals).hasSize(1);
        assertEmptyHost();
    }

    @Test
    void takesAShorterGraceAndNeverALonger() throws Exception {
        host.programs.put("web", Program.RUNS_ON_AFTER_TERM);
        run(pod(container("web")));
        scenario.until(() -> scenario.running("web"));
        FakeContainer web = host.runningContainer("web");
        scenario.assign(removed(pod(container("web"))));
        scenario.until(() -> !web.signals.isEmpty());
        scenario.assign(
                removed(pod(container("web"))).toBuilder().setGraceSeconds(300).build());
        scenario.assign(
                removed(pod(container("web"))).toBuilder().setGraceSeconds(5).build());
        // the longer grace changed nothing and the shorter one counts from now
        scenario.until(() -> {
            scenario.clock.advance(Duration.ofMillis(10));
            return scenario.status().getRemoved();
        });
        assertThat(requireNonNull(web.exit).finishedAtMillis() - web.startedAt).isLessThan(29_000);
    }

    @Test
    void killsAtOnceWithoutGrace() throws Exception {
        host.programs.put("web", Program.RUNS_ON_AFTER_TERM);
        run(pod(container("web").setPreStop(exec("drain"))));
        scenario.until(() -> scenario.running("web"));
        FakeContainer web = host.runningContainer("web");
        scenario.assign(
                removed(pod(container("web"))).toBuilder().setGraceSeconds(0).build());
        scenario.until(() -> scenario.status().getRemoved());
        assertThat(web.signals).isEmpty();
        assertThat(host.journal).doesNotContain("exec web drain");
    }

    @Test
    void stopsSidecarsLastAndInReverse() throws Exception {
        PodSpec.Builder spec = pod(container("web"))
                .addInitContainers(container("mesh").setSidecar(true))
                .addInitContainers(container("proxy").setSidecar(true));
        run(spec);
        scenario.until(() -> scenario.running("web"));
        scenario.assign(removed(spec));
        scenario.until(() -> scenario.status().getRemoved());
        assertThat(host.journal)
                .containsSubsequence("exit web", "signal proxy", "exit proxy", "signal mesh", "exit mesh");
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(), List.of(UID));
        scenario.until(() -> scenario.agent.statuses().isEmpty());
        scenario.until(() -> tracesOnDisk().isEmpty());
    }

    @Test
    void reportsAPodThatItNeverKnewAsRemoved() throws Exception {
        scenario.assign(removed(pod(container("web"))));
        scenario.until(() -> scenario.status().getRemoved());
        scenario.assign(assignment(DesiredState.RUNNING, pod(container("web"))));
        assertThat(scenario.status().getRemoved()).isTrue();
        assertThat(host.journal).isEmpty();
    }

    @Test
    void removesOnlyWhatANewerSnapshotDoesNotName() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> scenario.running("web"));
        long revision = scenario.agent.revision();
        scenario.agent.snapshot(revision - 1, List.of(), List.of());
        assertThat(scenario.agent.revision()).isEqualTo(revision);
        scenario.killAndRestart();
        scenario.until(() -> scenario.running("web"));
        assertThat(scenario.agent.revision()).isEqualTo(revision);
        scenario.agent.snapshot(revision, List.of(), List.of());
        scenario.until(() -> scenario.agent.statuses().isEmpty());
        assertEmptyHost();
    }

    @Test
    void refusesABatchWithANameThatIsNone() throws Exception {
        Assignment good = assignment(DesiredState.RUNNING, pod(container("web")));
        Assignment bad = good.toBuilder()
                .setPod(PodIdentity.newBuilder().setUid("../../etc"))
                .build();
        assertThatThrownBy(() -> scenario.agent.snapshot(99, List.of(good, bad), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("../../etc");
        assertThat(scenario.agent.statuses()).isEmpty();
        assertThat(scenario.agent.revision()).isZero();
    }

    @Test
    void takesRunningContainersUpAfterItsDeath() throws Exception {
        run(pod(container("web").setReadinessProbe(probe("ready"))));
        scenario.untilInTime(() -> scenario.containerStatus("web").getReady());
        FakeContainer web = host.runningContainer("web");
        scenario.kill();
        int told = scenario.statuses.size();
        scenario.newAgent();
        scenario.until(() -> scenario.containerStatus("web").getReady());
        assertThat(host.runningContainer("web")).isSameAs(web);
        assertThat(scenario.containerStatus("web").getRestartCount()).isZero();
        assertThat(scenario.statuses.get(told).getSequence())
                .isGreaterThan(scenario.statuses.get(told - 1).getSequence());
        assertThat(host.leases).hasSize(1);
        web.exits(4);
        scenario.until(() -> scenario.containerStatus("web").getRestartCount() == 1);
        assertThat(scenario.containerStatus("web")
                        .getLastTermination()
                        .getTerminated()
                        .getExitCode())
                .isEqualTo(4);
    }

    @Test
    void reportsAnExitThatCameWhileItWasDead() throws Exception {
        run(pod(container("job")).setRestartPolicy(RestartPolicy.NEVER));
        scenario.until(() -> scenario.running("job"));
        scenario.kill();
        host.runningContainer("job").exits(7);
        scenario.newAgent();
        scenario.until(() -> scenario.status().getPhase() == Phase.FAILED);
        assertThat(scenario.containerStatus("job").getState().getTerminated().getExitCode())
                .isEqualTo(7);
    }

    @Test
    void restartsPodsAfterAReboot() throws Exception {
        host.programs.put("migrate", Program.SUCCEEDS);
        run(pod(container("web")).addInitContainers(container("migrate")));
        scenario.until(() -> scenario.running("web"));
        scenario.rebootHost();
        scenario.until(() -> scenario.containerStatus("web").getReady());
        assertThat(scenario.containerStatus("web").getRestartCount()).isEqualTo(1);
        assertThat(scenario.containerStatus("web")
                        .getLastTermination()
                        .getTerminated()
                        .getReason())
                .isEqualTo("NodeRebooted");
        assertThat(host.journal).containsSubsequence("start migrate", "start web", "start migrate", "start web");
    }

    @Test
    void comesBackFromAPowerLossThatTookTheLatestState() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> scenario.running("web"));
        scenario.losePower();
        scenario.agent.snapshot(
                scenario.nextRevision(), List.of(assignment(DesiredState.RUNNING, pod(container("web")))), List.of());
        scenario.until(() -> scenario.containerStatus("web").getReady());
        assertThat(host.containers.values())
                .filteredOn(container -> container.exit == null)
                .hasSize(1);
        scenario.assign(removed(pod(container("web"))));
        scenario.until(() -> scenario.status().getRemoved());
        assertEmptyHost();
    }

    @Test
    void waitsAfterARebootForSecretsThatWereInMemory() throws Exception {
        PodSpec.Builder spec = pod(container("web")
                .addEnv(EnvironmentVariable.newBuilder().setName("PASSWORD").setLiteral("hunter2")));
        run(spec);
        scenario.until(() -> scenario.running("web"));
        scenario.agent.close();
        assertThat(scenario.state().resolve("pods/" + UID + "/record")).exists();
        try (Stream<Path> walk = Files.walk(scenario.state())) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("hunter2");
            }
        }
        scenario.rebootHost();
        scenario.until(() -> scenario.status().getReason().equals("AwaitingAssignment"));
        assertThat(host.journal).containsOnlyOnce("start web");
        scenario.agent.snapshot(scenario.nextRevision(), List.of(assignment(DesiredState.RUNNING, spec)), List.of());
        scenario.until(() -> scenario.running("web"));
        assertThat(host.runningContainer("web").config.environment()).containsEntry("PASSWORD", "hunter2");
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
    void pausesAndResumes() throws Exception {
        PodSpec.Builder spec = pod(container("web"));
        run(spec);
        scenario.until(() -> scenario.running("web"));
        scenario.assign(assignment(DesiredState.PAUSED, spec));
        scenario.until(
                () -> scenario.status().getKept() == KeptState.KEPT_PAUSED && host.runningContainer("web").paused);
        scenario.assign(removed(spec));
        scenario.until(() -> scenario.status().getRemoved());
        assertEmptyHost();
    }

    @Test
    void keepsWhatAStoppedPodHas() throws Exception {
        PodSpec.Builder spec = pod(container("web")).setRestartPolicy(RestartPolicy.NEVER);
        run(spec);
        scenario.until(() -> scenario.running("web"));
        Path layer = host.runningContainer("web").config.writableLayer();
        Files.writeString(Files.createDirectories(layer.resolve("upper")).resolve("file"), "kept");
        scenario.assign(assignment(DesiredState.STOPPED_KEPT, spec));
        scenario.until(() -> scenario.status().getKept() == KeptState.KEPT_STOPPED && host.containers.isEmpty());
        assertThat(host.attached).containsExactly(UID);
        assertThat(layer.resolve("upper/file")).hasContent("kept");
        scenario.killAndRestart();
        scenario.assign(assignment(DesiredState.RUNNING, spec));
        scenario.until(() -> scenario.running("web"));
        assertThat(host.runningContainer("web").config.writableLayer()).isEqualTo(layer);
        assertThat(scenario.containerStatus("web").getRestartCount()).isZero();
        host.runningContainer("web").exits(0);
        scenario.until(() -> scenario.status().getPhase() == Phase.SUCCEEDED);
        scenario.until(() -> !Files.exists(layer));
    }

    @Test
    void restartsWhatIsNotAlive() throws Exception {
        host.commands.put(List.of("alive"), 1);
        run(pod(container("web").setLivenessProbe(probe("alive"))));
        scenario.until(() -> scenario.running("web"));
        scenario.untilInTime(() -> scenario.containerStatus("web").getRestartCount() == 1);
        assertThat(scenario.hasEvent("Unhealthy")).isTrue();
        assertThat(scenario.events)
                .anyMatch(event -> event.getReason().equals("Killing")
                        && event.getMessage().contains("liveness probe failed 3 times"));
    }

    @Test
    void isReadyByItsProbeOnceItHasStarted() throws Exception {
        host.commands.put(List.of("up"), 1);
        host.commands.put(List.of("ready"), 1);
        run(pod(container("web")
                .setStartupProbe(probe("up").toBuilder().setFailureThreshold(1000))
                .setReadinessProbe(probe("ready"))));
        scenario.until(() -> scenario.running("web"));
        scenario.clock.advance(Duration.ofSeconds(5));
        assertThat(scenario.containerStatus("web").getStarted()).isFalse();
        host.commands.put(List.of("up"), 0);
        scenario.untilInTime(() -> scenario.containerStatus("web").getStarted());
        assertThat(scenario.containerStatus("web").getReady()).isFalse();
        host.commands.put(List.of("ready"), 0);
        scenario.untilInTime(() -> scenario.containerStatus("web").getReady());
        host.commands.put(List.of("ready"), 1);
        scenario.untilInTime(() -> !scenario.containerStatus("web").getReady());
        assertThat(scenario.containerStatus("web").getRestartCount()).isZero();
    }

    @Test
    void runsThePostStartHookBeforeItCountsAsStarted() throws Exception {
        host.commands.put(List.of("setup"), 1);
        run(pod(container("web").setPostStart(exec("setup"))));
        scenario.until(() -> scenario.hasEvent("FailedPostStartHook"));
        scenario.until(() -> scenario.containerStatus("web").getRestartCount() > 0);
        host.commands.put(List.of("setup"), 0);
        scenario.untilInTime(() -> scenario.containerStatus("web").getStarted());
    }

    @Test
    void swapsFilesInAtOnce() throws Exception {
        PodSpec.Builder spec =
                pod(container("web").addMounts(mount("config", "/etc/app"))).addVolumes(filesVolume("config", true));
        run(spec);
        scenario.until(() -> scenario.status().getReason().equals("FailedMount"));
        assertThat(scenario.status().getMessage()).contains("config");
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 5, "five")), List.of());
        scenario.until(() -> scenario.running("web"));
        Path file = host.runningContainer("web").config.mounts().stream()
                .filter(mount -> mount.target().equals("/etc/app"))
                .findFirst()
                .orElseThrow()
                .source()
                .resolve("config");
        assertThat(file).startsWith(scenario.run()).hasContent("five");
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 6, "six")), List.of());
        scenario.until(() -> read(file).equals("six"));
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 5, "five")), List.of());
        scenario.killAndRestart();
        scenario.until(() -> scenario.running("web"));
        assertThat(read(file)).isEqualTo("six");
    }

    @Test
    void letsNoStuckVolumeHoldOthersUp() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        host.stuck = latch;
        PodSpec.Builder spec = pod(container("web")
                        .addMounts(VolumeMount.newBuilder()
                                .setVolume("data")
                                .setPath("/data")
                                .setSubPath("stuck")))
                .addVolumes(emptyDir("data", false));
        run(spec);
        Assignment other = assignment(DesiredState.RUNNING, pod(container("api"))).toBuilder()
                .setPod(PodIdentity.newBuilder().setUid("other").setName("api-0"))
                .build();
        scenario.assign(other);
        scenario.until(() -> host.container("api").isPresent());
        scenario.assign(other.toBuilder().setDesired(DesiredState.REMOVED).build());
        scenario.until(() -> scenario.agent.statuses().stream()
                .anyMatch(status -> status.getPod().getUid().equals("other") && status.getRemoved()));
        scenario.assign(removed(spec));
        latch.countDown();
        scenario.untilInTime(() -> scenario.status().getRemoved());
        assertThat(host.containers).isEmpty();
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
    void takesABatchThatAnEarlierAgentOnlyAccepted() throws Exception {
        scenario.kill();
        new PodStore(new PodPaths(scenario.state(), scenario.run()))
                .accept(new PodStore.Batch(
                        true,
                        dev.gantry.wire.node.v1.Delta.newBuilder()
                                .setRevision(77)
                                .addAssignments(assignment(DesiredState.RUNNING, pod(container("web"))))
                                .build()));
        scenario.newAgent();
        assertThat(scenario.agent.revision()).isEqualTo(77);
        scenario.until(() -> scenario.running("web"));
    }

    private void run(PodSpec.Builder spec) throws IOException {
        scenario.assign(assignment(DesiredState.RUNNING, spec));
    }

    private static Assignment removed(PodSpec.Builder spec) {
        return assignment(DesiredState.REMOVED, spec);
    }

    private static Handler exec(String command) {
        return Handler.newBuilder()
                .setExec(ExecAction.newBuilder().addCommand(command))
                .build();
    }

    private static Probe probe(String command) {
        return Probe.newBuilder()
                .setHandler(exec(command))
                .setPeriodSeconds(1)
                .setTimeoutSeconds(1)
                .setSuccessThreshold(1)
                .setFailureThreshold(3)
                .build();
    }

    private String waiting(String container) {
        return scenario.containerStatus(container).getState().getWaiting().getReason();
    }

    private void assertEmptyHost() {
        assertThat(host.containers).isEmpty();
        assertThat(host.attached).isEmpty();
        assertThat(host.cgroups).isEmpty();
        assertThat(host.mounts).isEmpty();
        assertThat(host.leases).isEmpty();
    }

    private List<Path> tracesOnDisk() {
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(path -> path.toString().contains(UID)).toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            return List.of(directory);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
