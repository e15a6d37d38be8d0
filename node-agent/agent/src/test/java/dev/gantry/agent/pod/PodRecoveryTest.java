package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.pod.FakeHost.FakeContainer;
import dev.gantry.agent.pod.FakeHost.Program;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import dev.gantry.wire.node.v1.PodStatus.Phase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Deaths of the agent, reboots and power losses. */
class PodRecoveryTest extends AbstractPodTest {
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
    void goesOnCheckingAtThePodsAddressAfterItsDeath() throws Exception {
        try (CheckedServer server = new CheckedServer()) {
            host.podAddress = server.address();
            run(pod(container("web").setReadinessProbe(server.probe())));
            scenario.untilInTime(() -> scenario.containerStatus("web").getReady());
            scenario.kill();
            // it is not the pod's network that waits for the network to be attached again
            host.networkBroken = true;
            int told = scenario.statuses.size();
            int checked = server.checked();
            scenario.newAgent();
            scenario.untilInTime(() -> server.checked() >= checked + 5);
            assertThat(scenario.statuses.subList(told, scenario.statuses.size()))
                    .isNotEmpty()
                    .allSatisfy(status -> {
                        assertThat(status.getAddressesList()).containsExactly(server.address());
                        assertThat(status.getContainers(0).getReady()).isTrue();
                    });
        }
    }

    @Test
    void aPodWhoseNamespacesWereLostStartsAgainInNewOnes() throws Exception {
        host.programs.put("web", Program.RUNS_ON_AFTER_TERM);
        run(pod(container("web"), container("log")));
        scenario.until(() -> scenario.running("web") && scenario.running("log"));
        scenario.kill();
        host.attached.clear();
        int tries = host.attachTries.get();
        scenario.newAgent();
        scenario.until(() -> !scenario.running("log"));
        assertThat(scenario.running("web")).isTrue();
        assertThat(host.attachTries).as("while one still runs in the old ones").hasValue(tries);
        // the stop is cut short as well
        scenario.killAndRestart();
        scenario.untilInTime(() -> scenario.containerStatus("web").getRestartCount() == 1
                && scenario.containerStatus("log").getRestartCount() == 1);
        scenario.until(() -> scenario.running("web") && scenario.running("log"));
        assertThat(host.attached).hasSize(1);
        assertThat(scenario.events).anyMatch(event -> event.getMessage().contains("the pod's namespaces were lost"));
    }

    @Test
    void aPodOnTheHostsNetworkKeepsItsOwn() throws Exception {
        run(pod(container("web")).setHostNetwork(true));
        scenario.until(() -> scenario.running("web"));
        scenario.killAndRestart();
        scenario.until(() -> scenario.running("web"));
        assertThat(scenario.containerStatus("web").getRestartCount()).isZero();
        scenario.kill();
        host.attached.clear();
        scenario.newAgent();
        scenario.untilInTime(() -> scenario.containerStatus("web").getRestartCount() == 1);
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
    void aRebootHoldsNoContainerBack() throws Exception {
        run(pod(container("web")));
        for (int reboots = 0; reboots < 4; reboots++) {
            untilRestarted(reboots);
            scenario.rebootHost();
        }
        untilRestarted(4);
        host.runningContainer("web").exits(1);
        untilRestarted(5);
        host.runningContainer("web").exits(1);
        scenario.until(() -> scenario.containerStatus("web")
                .getState()
                .getWaiting()
                .getReason()
                .equals("CrashLoopBackOff"));
        scenario.rebootHost();
        untilRestarted(6);
    }

    private void untilRestarted(int times) {
        scenario.until(
                () -> scenario.running("web") && scenario.containerStatus("web").getRestartCount() == times);
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
    void runsInitContainersAgainWhenItDiesWhileItTakesUpPodsAfterAReboot() throws Exception {
        host.programs.put("migrate", Program.SUCCEEDS);
        run(pod(container("web")).addInitContainers(container("migrate")));
        scenario.until(() -> scenario.running("web"));
        scenario.agent.close();
        try (ArmedCrash crash = CrashPoint.arm("pod.record-persisted", 3)) {
            assertThatThrownBy(scenario::losePower).isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        scenario.newAgent();
        scenario.until(() -> scenario.running("web"));
        assertThat(host.journal).containsSubsequence("start migrate", "start web", "start migrate", "start web");
    }

    @Test
    void refusesToStartOverStateOfAVersionItDoesNotKnowAndKillsNothing() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> scenario.running("web"));
        scenario.kill();
        Path record = scenario.run().resolve("pods/" + UID + "/record");
        String newer = Files.readString(record).replaceFirst("gantry pod-record 1 ", "gantry pod-record 2 ");
        Files.writeString(record, newer);
        assertThatThrownBy(scenario::newAgent).hasMessageContaining("version 2");
        assertThat(host.runningContainer("web").exit).isNull();
        Files.writeString(record, newer.replaceFirst("gantry pod-record 2 ", "gantry pod-record 1 "));
        scenario.newAgent();
        scenario.until(() -> scenario.running("web"));
    }
}
