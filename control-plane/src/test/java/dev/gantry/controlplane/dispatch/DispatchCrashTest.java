package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.model.ImageStatus;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The leader dies at each of its steps in the life of a pod; the next one brings it to its end. */
class DispatchCrashTest {
    private final Cluster cluster = new Cluster();

    /** Threads of the "process" that died may end while its successor is waited for. */
    @BeforeAll
    static void letThreadsDie() {
        Awaitility.doNotCatchUncaughtExceptionsByDefault();
    }

    @AfterAll
    static void reset() {
        Awaitility.reset();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dispatch.node-registered",
                "dispatch.node-status-written",
                "dispatch.assignments-sent",
                "dispatch.status-written",
                "dispatch.pod-finalized"
            })
    void theNextLeaderFinishesWhatTheLastOneBegan(String point) throws Exception {
        Pod pod = cluster.pod("web", "alpha");
        cluster.objects.delete(
                PODS, "default", "web", new DeleteOptions(pod.getMetadata().getUid(), 5L, null), cluster.store.fence());
        ManagedChannel channel = cluster.channelOf("alpha");
        try (ArmedCrash crash = CrashPoint.arm(point, 1);
                ScriptedAgent agent = new ScriptedAgent(channel)) {
            agent.hello(ScriptedAgent.hello("alpha").addPods(removed(pod)));
            assertThat(crash.awaitCrash(Duration.ofSeconds(10))).isTrue();
            cluster.leadership.lose(List.of());
        }
        cluster.leadership.win(cluster.store.depose());
        try (ScriptedAgent agent = new ScriptedAgent(channel)) {
            agent.hello(ScriptedAgent.hello("alpha"));
            await().until(() -> cluster.objects
                    .get(NODES, null, "alpha")
                    .filter(NodeStatusConverter::isReady)
                    .isPresent());
            if (cluster.objects.get(PODS, "default", "web").isPresent()) {
                agent.awaitAssignment(pod.getMetadata().getUid(), found -> found.getDesired() == DesiredState.REMOVED);
            }
            agent.status(removed(pod));
            await().until(() -> cluster.objects.get(PODS, "default", "web").isEmpty());
            agent.await(message -> message.getDelta()
                    .getForgottenPodUidsList()
                    .contains(pod.getMetadata().getUid()));
        }
    }

    @Test
    void aBuildWhoseNamesWereHalfRecordedIsRecordedWholeByTheNext() throws Exception {
        BuildRequest request = BuildRequest.newBuilder()
                .addNames("web:1")
                .addNames("web:latest")
                .build();
        BuildResult result = BuildResult.newBuilder()
                .setDigest("sha256:" + "cd".repeat(32))
                .setBytes(7)
                .build();
        try (ArmedCrash crash = CrashPoint.arm("dispatch.image-recorded", 1)) {
            assertThatThrownBy(() -> new ImageRecords(cluster.objects).built("alpha", request, result))
                    .isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        cluster.leadership.lose(List.of());
        cluster.leadership.win(cluster.store.depose());
        assertThat(cluster.objects.list(IMAGES, null)).hasSize(1);
        new ImageRecords(cluster.objects).built("alpha", request, result);
        assertThat(cluster.objects.list(IMAGES, null)).hasSize(2).allSatisfy(image -> {
            ImageStatus status = requireNonNull(image.getStatus());
            assertThat(status.getDigest()).isEqualTo(result.getDigest());
            assertThat(status.getNodes()).containsExactly("alpha");
        });
    }

    private static PodStatus removed(Pod pod) {
        return PodStatus.newBuilder()
                .setPod(PodConverter.identity(pod))
                .setPhase(PodStatus.Phase.FAILED)
                .setSequence(9)
                .setRemoved(true)
                .build();
    }
}
