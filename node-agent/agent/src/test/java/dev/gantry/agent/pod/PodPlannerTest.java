package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.pod.ContainerView.Hook;
import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.agent.pod.ContainerView.Stop;
import dev.gantry.agent.pod.PodView.Step;
import dev.gantry.agent.pod.PodView.Step.State;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class PodPlannerTest {
    private static final long NOW = 1_000_000;
    private static final Step READY = new Step(State.READY, false, 0);
    private static final PodSpec SPEC = pod(container("web")).build();

    @Test
    void attachesTheNetworkFirst() {
        Step unknown = new Step(State.UNKNOWN, false, 0);
        assertThat(plan(DesiredState.RUNNING, unknown, unknown, web(Run.none())).actions())
                .containsExactly(new PodAction.AttachNetwork());
        assertThat(plan(DesiredState.RUNNING, READY, unknown, web(Run.none())).actions())
                .containsExactly(new PodAction.SetUpVolumes());
    }

    @Test
    void waitsForARetryAndForWhatIsUnderWay() {
        Step later = new Step(State.UNKNOWN, false, NOW + 500);
        PodPlan plan = plan(DesiredState.RUNNING, later, later, web(Run.none()));
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.wakeAtMillis()).isEqualTo(NOW + 500);
        Step busy = new Step(State.UNKNOWN, true, 0);
        assertThat(plan(DesiredState.REMOVED, busy, busy, web(Run.none())).actions())
                .isEmpty();
    }

    @Test
    void givesTheProcessTimeAfterAHookThatTookAllOfIt() {
        ContainerView web = new ContainerView(
                SPEC.getContainers(0),
                Role.MAIN,
                new ContainerRecord("web", running(), History.none()),
                false,
                false,
                new Stop(NOW - 30_000, NOW, true, Hook.RUNNING, 0, 0),
                null,
                0);
        assertThat(plan(DesiredState.REMOVED, READY, READY, web).actions())
                .containsExactly(new PodAction.Signal("web"));
        ContainerView signalled = new ContainerView(
                web.spec(),
                Role.MAIN,
                web.record(),
                false,
                false,
                new Stop(NOW - 30_000, NOW, true, Hook.DONE, NOW, 0),
                null,
                0);
        PodPlan plan = plan(DesiredState.REMOVED, READY, READY, signalled);
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.wakeAtMillis()).isEqualTo(NOW + PodPlanner.AFTER_HOOK_MILLIS);
    }

    @Test
    void restartsAtOnceThenBacksOffAndForgives() {
        History history = History.none();
        long[] waits = {0, 10, 20, 40, 80, 160, 300, 300};
        for (long wait : waits) {
            history = RestartBackOff.afterEnd(history, ended(NOW, NOW + 1));
            assertThat(history.notBeforeMillis()).isEqualTo(NOW + 1 + wait * 1000);
        }
        history = RestartBackOff.afterEnd(history, ended(NOW, NOW + RestartBackOff.FORGIVEN_AFTER_MILLIS));
        assertThat(history.notBeforeMillis()).isEqualTo(NOW + RestartBackOff.FORGIVEN_AFTER_MILLIS);
    }

    private static PodPlan plan(DesiredState desired, Step network, Step volumes, ContainerView web) {
        return PodPlanner.plan(new PodView(desired, SPEC, false, NOW, false, network, volumes, List.of(web)), NOW);
    }

    private static ContainerView web(Run run) {
        return new ContainerView(
                SPEC.getContainers(0),
                Role.MAIN,
                new ContainerRecord("web", run, History.none()),
                false,
                false,
                null,
                null,
                0);
    }

    private static Run running() {
        return Run.none().starting(1, 1).running(NOW - 60_000);
    }

    private static Termination ended(long started, long finished) {
        return new Termination(1, 0, "Error", "", started, finished, "id");
    }
}
