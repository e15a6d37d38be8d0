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
}
