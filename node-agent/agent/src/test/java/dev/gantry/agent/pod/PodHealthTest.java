package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Probes and hooks. */
class PodHealthTest extends AbstractPodTest {
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
    void restartsWhatNeverStartsAndAsksNothingElseOfItBefore() throws Exception {
        host.commands.put(List.of("up"), 1);
        run(pod(container("web")
                .setStartupProbe(probe("up").toBuilder().setFailureThreshold(2))
                .setReadinessProbe(probe("ready"))
                .setLivenessProbe(probe("alive"))));
        scenario.untilInTime(() -> scenario.containerStatus("web").getRestartCount() == 1);
        assertThat(scenario.events)
                .anyMatch(event -> event.getReason().equals("Killing")
                        && event.getMessage().contains("startup probe failed 2 times"));
        assertThat(host.journal).contains("exec web up").doesNotContain("exec web ready", "exec web alive");
        host.commands.put(List.of("up"), 0);
        scenario.untilInTime(() -> scenario.containerStatus("web").getReady());
        scenario.untilInTime(() -> host.journal.contains("exec web alive"));
    }

    @Test
    void givesWhatIsNotAliveTheGraceOfTheProbe() throws Exception {
        host.programs.put("web", FakeHost.Program.RUNS_ON_AFTER_TERM);
        host.commands.put(List.of("alive"), 1);
        run(pod(container("web").setLivenessProbe(probe("alive").toBuilder().setTerminationGraceSeconds(3))));
        scenario.until(() -> scenario.running("web"));
        FakeHost.FakeContainer web = host.runningContainer("web");
        scenario.untilInTime(() -> !web.signals.isEmpty());
        scenario.clock.advance(Duration.ofMillis(3_000));
        scenario.until(() -> web.exit != null);
    }

    @Test
    void startsTheNextInitContainerOnceASidecarHasStarted() throws Exception {
        host.commands.put(List.of("up"), 1);
        host.programs.put("migrate", FakeHost.Program.SUCCEEDS);
        run(pod(container("web"))
                .addInitContainers(container("proxy")
                        .setSidecar(true)
                        .setStartupProbe(probe("up").toBuilder().setFailureThreshold(1000)))
                .addInitContainers(container("migrate")));
        scenario.untilInTime(() -> host.journal.contains("exec proxy up"));
        assertThat(host.journal).doesNotContain("start migrate");
        host.commands.put(List.of("up"), 0);
        scenario.untilInTime(() -> scenario.running("web"));
        assertThat(host.journal).containsSubsequence("start proxy", "start migrate", "start web");
    }

    @Test
    void goesOnWithAStopWhoseHookFails() throws Exception {
        host.commands.put(List.of("drain"), 1);
        run(pod(container("web").setPreStop(exec("drain"))));
        scenario.until(() -> scenario.running("web"));
        scenario.assign(removed(pod(container("web").setPreStop(exec("drain")))));
        scenario.until(() -> scenario.status().getRemoved());
        assertThat(scenario.hasEvent("FailedPreStopHook")).isTrue();
        assertThat(host.journal).containsSubsequence("exec web drain", "signal web");
    }
}
