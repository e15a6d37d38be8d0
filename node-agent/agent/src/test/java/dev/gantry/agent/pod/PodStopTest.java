package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.pod.FakeHost.FakeContainer;
import dev.gantry.agent.pod.FakeHost.Program;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodStatus;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a pod is stopped and removed. */
class PodStopTest extends AbstractPodTest {
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
    void saysOfAPodThatWasRemovedHowItsContainersEnded() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> scenario.running("web"));
        host.programs.put("web", Program.RUNS_ON_AFTER_TERM);
        scenario.assign(removed(pod(container("web"))));
        scenario.until(() -> !host.runningContainer("web").signals.isEmpty());
        host.runningContainer("web").exits(0);
        scenario.until(() -> scenario.status().getRemoved());
        assertThat(scenario.status().getPhase()).isEqualTo(PodStatus.Phase.SUCCEEDED);
    }
}
