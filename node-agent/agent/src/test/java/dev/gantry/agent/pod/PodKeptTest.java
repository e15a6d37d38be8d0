package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import dev.gantry.wire.node.v1.PodStatus.KeptState;
import dev.gantry.wire.node.v1.PodStatus.Phase;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Pods that are paused, and pods that are stopped and kept. */
class PodKeptTest extends AbstractPodTest {
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
    void thawsWhatAnEarlierAgentFroze() throws Exception {
        PodSpec.Builder spec = pod(container("web"));
        run(spec);
        scenario.until(() -> scenario.running("web"));
        scenario.assign(assignment(DesiredState.PAUSED, spec));
        scenario.until(() -> host.runningContainer("web").paused);
        scenario.kill();
        new PodStore(new PodPaths(scenario.state(), scenario.run()))
                .writeAssignment(assignment(DesiredState.RUNNING, spec));
        scenario.newAgent();
        scenario.until(() -> !host.runningContainer("web").paused);
        assertThat(scenario.status().getKept()).isEqualTo(KeptState.KEPT_NONE);
    }

    @Test
    void triesAgainToFreezeAndToThaw() throws Exception {
        PodSpec.Builder spec = pod(container("web"));
        run(spec);
        scenario.until(() -> scenario.running("web"));
        host.freezerBroken = true;
        scenario.assign(assignment(DesiredState.PAUSED, spec));
        scenario.until(() -> scenario.hasEvent("Failed"));
        host.freezerBroken = false;
        scenario.untilInTime(() -> host.runningContainer("web").paused);
        scenario.until(() -> scenario.status().getKept() == KeptState.KEPT_PAUSED);
        host.freezerBroken = true;
        scenario.assign(assignment(DesiredState.RUNNING, spec));
        scenario.until(() ->
                scenario.events.stream().anyMatch(event -> event.getMessage().contains("resume")));
        host.freezerBroken = false;
        scenario.untilInTime(() -> !host.runningContainer("web").paused);
    }

    @Test
    void keepsTheLayerWhenTheNextStartFailsAtFirst() throws Exception {
        PodSpec.Builder spec = pod(container("web")).setRestartPolicy(RestartPolicy.NEVER);
        run(spec);
        scenario.until(() -> scenario.running("web"));
        Path layer = host.runningContainer("web").config.writableLayer();
        Files.writeString(layer.resolve("file"), "kept");
        scenario.assign(assignment(DesiredState.STOPPED_KEPT, spec));
        scenario.until(() -> scenario.status().getKept() == KeptState.KEPT_STOPPED && host.containers.isEmpty());
        host.notMade.put("web", "CreateContainerError");
        scenario.assign(assignment(DesiredState.RUNNING, spec));
        scenario.until(() -> waiting("web").equals("CreateContainerError"));
        host.notMade.clear();
        scenario.untilInTime(() -> scenario.running("web"));
        assertThat(host.runningContainer("web").config.writableLayer()).isEqualTo(layer);
        assertThat(layer.resolve("file")).hasContent("kept");
        assertThat(scenario.containerStatus("web").getRestartCount()).isZero();
    }

    @Test
    void keepsTheLayerOfWhatEndedWhileTheAgentWasDead() throws Exception {
        host.programs.put("web", FakeHost.Program.RUNS_ON_AFTER_TERM);
        PodSpec.Builder spec = pod(container("web")).setRestartPolicy(RestartPolicy.NEVER);
        run(spec);
        scenario.until(() -> scenario.running("web"));
        FakeHost.FakeContainer web = host.runningContainer("web");
        Path layer = web.config.writableLayer();
        scenario.assign(assignment(DesiredState.STOPPED_KEPT, spec));
        scenario.until(() -> !web.signals.isEmpty());
        scenario.kill();
        web.exits(0);
        scenario.newAgent();
        scenario.until(() -> scenario.status().getKept() == KeptState.KEPT_STOPPED && host.containers.isEmpty());
        assertThat(layer).exists();
        scenario.assign(assignment(DesiredState.RUNNING, spec));
        scenario.until(() -> scenario.running("web"));
        assertThat(host.runningContainer("web").config.writableLayer()).isEqualTo(layer);
    }
}
