package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.CONFIG_MAPS;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerState;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.Refused;
import dev.gantry.wire.node.v1.ToAgent;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionTest {
    private final Cluster cluster = new Cluster();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aNodeRegistersAndIsReadyOnceItHasAcknowledged() throws Exception {
        try (ScriptedAgent agent = agent("alpha").silent().hello(ScriptedAgent.hello("alpha"))) {
            ToAgent end = agent.await(message -> message.getSnapshot().getEnd());
            assertThat(agent.received.getFirst().hasWelcome()).isTrue();
            assertThat(end.getEpoch()).isEqualTo(cluster.store.fence().epoch());
            assertThat(end.getClusterId()).isEqualTo(Cluster.ID);
            assertThat(ready("alpha")).isFalse();
            agent.accepted(end.getSnapshot().getRevision());
            await().until(() -> ready("alpha"));
            assertThat(cluster.objects
                            .get(NODES, null, "alpha")
                            .orElseThrow()
                            .getSpec()
                            .getPodCIDR())
                    .isEqualTo("10.244.0.0/24");
        }
        await().untilAsserted(() -> assertThat(cluster.dispatch.nodes())
                .hasEntrySatisfying(
                        "alpha", presence -> assertThat(presence.connected()).isFalse()));
    }

    @Test
    void heartbeatsWriteNothing() throws Exception {
        try (ScriptedAgent agent = connected("alpha")) {
            await().until(() -> ready("alpha"));
            long before = cluster.objects.revision();
            for (int i = 0; i < 20; i++) {
                agent.send(FromAgent.newBuilder()
                        .setNodeStatus(ScriptedAgent.hello("alpha").getNode()));
                agent.send(FromAgent.newBuilder().setHeartbeat(dev.gantry.wire.node.v1.Heartbeat.getDefaultInstance()));
            }
            // a later write shows that all of these have been read
            agent.send(FromAgent.newBuilder()
                    .setNodeStatus(
                            ScriptedAgent.hello("alpha").getNode().toBuilder().setKernelVersion("7")));
            await().until(() -> cluster.objects.revision() > before);
            assertThat(cluster.objects.revision()).isEqualTo(before + 2);
        }
    }

    @Test
    void aPodReachesItsNodeAndItsStatusComesBack() throws Exception {
        try (ScriptedAgent agent = connected("alpha")) {
            Pod pod = cluster.pod("web", "alpha");
            agent.awaitAssignment(uid(pod), found -> found.getDesired() == DesiredState.RUNNING);
            agent.status(running(pod, 1));
            await().until(() -> "Running".equals(stored("web").getStatus().getPhase()));
            Pod stored = stored("web");
            assertThat(stored.getStatus().getPodIP()).isEqualTo("10.244.0.5");
            assertThat(stored.getStatus().getConditions())
                    .filteredOn(condition -> condition.getStatus().equals("True"))
                    .extracting(PodCondition::getType)
                    .contains("PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready");
            // an older word than the latest is dropped
            agent.status(PodStatus.newBuilder()
                    .setPod(PodConverter.identity(pod))
                    .setPhase(PodStatus.Phase.PENDING)
                    .setSequence(0)
                    .build());
            agent.status(running(pod, 2).toBuilder().setHostAddress("192.0.2.9").build());
            await().until(() -> "192.0.2.9".equals(stored("web").getStatus().getHostIP()));
            assertThat(stored("web").getStatus().getPhase()).isEqualTo("Running");
        }
    }

    @Test
    void aPodIsStoppedByRemovalAndItsObjectGoesWhenTheNodeHasFreedIt() throws Exception {
        try (ScriptedAgent agent = connected("alpha")) {
            Pod pod = cluster.pod("web", "alpha");
            agent.awaitAssignment(uid(pod), found -> true);
            cluster.objects.delete(
                    PODS, "default", "web", new DeleteOptions(uid(pod), 7L, null), cluster.store.fence());
            assertThat(agent.awaitAssignment(uid(pod), found -> found.getDesired() == DesiredState.REMOVED)
                            .getGraceSeconds())
                    .isEqualTo(7);
            assertThat(cluster.objects.get(PODS, "default", "web")).isPresent();
            agent.status(running(pod, 3).toBuilder().setRemoved(true).build());
            await().until(() -> cluster.objects.get(PODS, "default", "web").isEmpty());
            agent.await(message -> message.getDelta().getForgottenPodUidsList().contains(uid(pod)));
        }
    }

    @Test
    void aForcedDeletionIsForgottenAtOnce() throws Exception {
        try (ScriptedAgent agent = connected("alpha")) {
            Pod pod = cluster.pod("web", "alpha");
            agent.awaitAssignment(uid(pod), found -> true);
            cluster.objects.delete(
                    PODS, "default", "web", new DeleteOptions(uid(pod), 0L, null), cluster.store.fence());
            agent.await(message -> message.getDelta().getForgottenPodUidsList().contains(uid(pod)));
        }
    }

    @Test
    void aMissingConfigMapHoldsTheContainerUntilItAppears() throws Exception {
        try (ScriptedAgent agent = connected("alpha")) {
            Pod pod = cluster.objects.create(
                    PODS,
                    new PodBuilder(Cluster.podBuilder("web", "alpha").build())
                            .editSpec()
                            .editFirstContainer()
                            .addNewEnvFrom()
                            .withNewConfigMapRef("settings", false)
                            .endEnvFrom()
                            .endContainer()
                            .endSpec()
                            .build(),
                    cluster.store.fence());
            agent.awaitAssignment(uid(pod), found -> digest(found).isEmpty());
            agent.status(PodStatus.newBuilder()
                    .setPod(PodConverter.identity(pod))
                    .setPhase(PodStatus.Phase.PENDING)
                    .setSequence(1)
                    .addContainers(ContainerStatus.newBuilder()
                            .setName("main")
                            .setState(ContainerState.newBuilder()
                                    .setWaiting(
                                            ContainerState.Waiting.newBuilder().setReason("ImageNotFound"))))
                    .build());
            await().until(() -> waiting("web").equals("CreateContainerConfigError"));
            cluster.objects.create(
                    CONFIG_MAPS,
                    new ConfigMapBuilder()
                            .withNewMetadata()
                            .withNamespace("default")
                            .withName("settings")
                            .endMetadata()
                            .addToData("COLOUR", "green")
                            .build(),
                    cluster.store.fence());
            assertThat(agent.awaitAssignment(uid(pod), found -> !digest(found).isEmpty())
                            .getSpec()
                            .getContainers(0)
                            .getEnvList())
                    .anyMatch(variable -> variable.getName().equals("COLOUR")
                            && variable.getLiteral().equals("green"));
        }
    }

    @Test
    void aSnapshotNamesEveryPodAndOnlyTheNodesOwn() throws Exception {
        Pod own = cluster.pod("own", "alpha");
        Pod other = cluster.pod("other", "beta");
        try (ScriptedAgent agent = connected("alpha")) {
            agent.await(message -> message.getSnapshot().getEnd());
            assertThat(agent.assignment(uid(own))).isNotNull();
            assertThat(agent.assignment(uid(other))).isNull();
            // what a node says of another node's pod is not believed
            agent.status(running(other, 1));
            agent.status(running(own, 1));
            await().until(() -> "Running".equals(stored("own").getStatus().getPhase()));
            assertThat(stored("other").getStatus().getPhase()).isEqualTo("Pending");
        }
    }

    @Test
    void aDeposedControlPlaneTurnsAgentsAway() throws Exception {
        cluster.leadership.lose(List.of("10.0.0.2:6443"));
        try (ScriptedAgent agent = agent("alpha").hello(ScriptedAgent.hello("alpha"))) {
            assertThat(agent.await(ToAgent::hasNotLeader).getNotLeader().getLeaderAddressesList())
                    .containsExactly("10.0.0.2:6443");
        }
        cluster.leadership.win(cluster.store.fence());
        long epoch = cluster.store.fence().epoch();
        try (ScriptedAgent agent =
                agent("alpha").hello(ScriptedAgent.hello("alpha").setHighestEpoch(epoch + 1))) {
            assertThat(agent.await(ToAgent::hasNotLeader).getNotLeader().getReason())
                    .contains("deposed");
        }
        assertThat(cluster.dispatch.turnedAway()).isEqualTo(2);
    }

    @Test
    void aNodeOfAnotherClusterIsToldSoAndNotRegistered() throws Exception {
        try (ScriptedAgent agent =
                agent("alpha").hello(ScriptedAgent.hello("alpha").setClusterId("another"))) {
            ToAgent answer = agent.await(ToAgent::hasNotLeader);
            assertThat(answer.getClusterId()).isEqualTo(Cluster.ID);
            assertThat(answer.getNotLeader().getReason()).contains("of cluster another");
        }
        assertThat(cluster.objects.get(NODES, null, "alpha")).isEmpty();
    }

    @Test
    void sessionsEndWithTheReignAndStatusesOfADeposedLeaderAreRefused() throws Exception {
        Pod pod = cluster.pod("web", "alpha");
        try (ScriptedAgent agent = connected("alpha")) {
            agent.awaitAssignment(uid(pod), found -> true);
            await().until(() -> ready("alpha"));
            cluster.store.depose();
            agent.status(running(pod, 1));
            await().until(() -> cluster.store.refusedWrites() > 0);
            assertThat(stored("web").getStatus().getPhase()).isEqualTo("Pending");
            agent.send(FromAgent.newBuilder().setRefused(Refused.newBuilder().setReason(Refused.Reason.STALE_EPOCH)));
            await().untilAsserted(() ->
                    assertThat(cluster.dispatch.refusedByAgents()).containsEntry(Refused.Reason.STALE_EPOCH, 1L));
            cluster.leadership.lose(List.of());
            await().until(() -> agent.failure != null);
        }
    }

    @Test
    void aNewSessionOfANodeReplacesTheOldOne() throws Exception {
        var channel = cluster.channelOf("alpha");
        try (ScriptedAgent first = new ScriptedAgent(channel).hello(ScriptedAgent.hello("alpha"))) {
            first.await(message -> message.getSnapshot().getEnd());
            try (ScriptedAgent second = new ScriptedAgent(channel).hello(ScriptedAgent.hello("alpha"))) {
                await().until(() -> first.failure != null);
                second.await(message -> message.getSnapshot().getEnd());
            }
        }
    }

    private ScriptedAgent agent(String nodeName) {
        return new ScriptedAgent(cluster.channelOf(nodeName));
    }

    private ScriptedAgent connected(String nodeName) throws Exception {
        ScriptedAgent agent = agent(nodeName).hello(ScriptedAgent.hello(nodeName));
        agent.await(message -> message.getSnapshot().getEnd());
        return agent;
    }

    private boolean ready(String nodeName) {
        return cluster.objects
                .get(NODES, null, nodeName)
                .filter(NodeStatusConverter::isReady)
                .isPresent();
    }

    private Pod stored(String name) {
        return cluster.objects.get(PODS, "default", name).orElseThrow();
    }

    private String waiting(String name) {
        var statuses = stored(name).getStatus().getContainerStatuses();
        return statuses == null
                        || statuses.isEmpty()
                        || statuses.getFirst().getState().getWaiting() == null
                ? ""
                : statuses.getFirst().getState().getWaiting().getReason();
    }

    private static String digest(dev.gantry.wire.node.v1.Assignment assignment) {
        return assignment.getSpec().getContainers(0).getImage().getDigest();
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }

    private static PodStatus running(Pod pod, long sequence) {
        return PodStatus.newBuilder()
                .setPod(PodConverter.identity(pod))
                .setPhase(PodStatus.Phase.RUNNING)
                .addAddresses("10.244.0.5")
                .setHostAddress("192.0.2.1")
                .setStartedAtMillis(1_700_000_000_000L)
                .setInitialized(true)
                .setSequence(sequence)
                .addContainers(ContainerStatus.newBuilder()
                        .setName("main")
                        .setContainerId("c1")
                        .setGeneration(1)
                        .setReady(true)
                        .setStarted(true)
                        .setState(ContainerState.newBuilder()
                                .setRunning(
                                        ContainerState.Running.newBuilder().setStartedAtMillis(1_700_000_000_000L))))
                .build();
    }
}
