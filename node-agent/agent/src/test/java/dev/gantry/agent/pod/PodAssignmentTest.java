package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which batches of the leader are taken, and how. */
class PodAssignmentTest extends AbstractPodTest {
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

    @Test
    void spreadsLaterWhatItAcceptedAndCouldNotSpread() throws Exception {
        Path blocked = Files.createDirectories(scenario.run().resolve("pods/" + UID + "/.assignment.new/full"));
        run(pod(container("web")));
        assertThat(scenario.agent.statuses()).isEmpty();
        Files.delete(blocked);
        scenario.untilInTime(() -> scenario.running("web"));
        assertThat(scenario.agent.revision()).isEqualTo(scenario.nextRevision() - 1);
    }
}
