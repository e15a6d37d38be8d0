package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.ENDPOINT_SLICES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.SERVICES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.Endpoint;
import dev.gantry.wire.node.v1.ToAgent;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServiceDrainTest {
    private final Cluster cluster = new Cluster();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aPodIsToldToStopAfterEveryReadyNodeHasATableWithoutIt() throws Exception {
        Pod pod = cluster.pod("web", "alpha");
        service(pod);
        try (ScriptedAgent alpha = connected("alpha");
                ScriptedAgent beta = connected("beta")) {
            await().until(() -> cluster.dispatch.nodes().values().stream()
                            .filter(NodePresence.Presence::ready)
                            .count()
                    == 2);
            cluster.objects.delete(
                    PODS,
                    "default",
                    "web",
                    new DeleteOptions(pod.getMetadata().getUid(), 5L, null),
                    cluster.store.fence());
            // the endpoint leaves before any controller has changed its slice
            ToAgent delta = beta.await(ToAgent::hasServicesDelta);
            assertThat(delta.getServicesDelta().getServices(0).getPorts(0).getEndpointsList())
                    .extracting(Endpoint::getReady)
                    .containsExactly(false);
            alpha.awaitAssignment(pod.getMetadata().getUid(), found -> found.getDesired() == DesiredState.REMOVED);
            assertThat(beta.received).contains(delta);
        }
    }

    @Test
    void theGateOpensByAcknowledgementOrByTime() {
        AtomicLong applied = new AtomicLong();
        AtomicLong now = new AtomicLong();
        List<String> opened = new ArrayList<>();
        ServiceTable table = new ServiceTable(() -> 100, () -> {});
        table.serviceChanged(null, service());
        long revision = table.current().revision();
        StopGate gate = new StopGate(table, needed -> applied.get() >= needed, now::get, opened::add);

        assertThat(gate.mayStop("a")).isFalse();
        gate.recheck();
        assertThat(opened).isEmpty();
        applied.set(revision);
        gate.recheck();
        assertThat(opened).containsExactly("a");
        assertThat(gate.mayStop("a")).isTrue();

        applied.set(0);
        assertThat(gate.mayStop("b")).isFalse();
        now.addAndGet(StopGate.PATIENCE.toNanos());
        gate.recheck();
        assertThat(opened).containsExactly("a", "b");
        // once open, it stays open
        now.set(0);
        assertThat(gate.mayStop("b")).isTrue();
    }

    @Test
    void missedChangesDropOnlyWhatIsGone() {
        ServiceTable table = new ServiceTable(() -> 100, () -> {});
        table.serviceChanged(null, service());
        long revision = table.current().revision();
        table.retainServices(List.of(service()));
        assertThat(table.current().revision()).isEqualTo(revision);
        table.retainServices(List.of());
        assertThat(table.current().entries()).isEmpty();
        assertThat(table.current().revision()).isGreaterThan(revision);
    }

    private static io.fabric8.kubernetes.api.model.Service service() {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("web")
                .endMetadata()
                .withNewSpec()
                .addToSelector("app", "web")
                .addNewPort()
                .withPort(80)
                .withNewTargetPort(8080)
                .endPort()
                .endSpec()
                .build();
    }

    private void service(Pod pod) {
        cluster.objects.create(SERVICES, service(), cluster.store.fence());
        cluster.objects.create(
                ENDPOINT_SLICES,
                new EndpointSliceBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName("web-1")
                        .addToLabels("kubernetes.io/service-name", "web")
                        .endMetadata()
                        .withAddressType("IPv4")
                        .addNewPort()
                        .withPort(8080)
                        .withProtocol("TCP")
                        .endPort()
                        .addNewEndpoint()
                        .withAddresses("10.244.0.5")
                        .withNewConditions()
                        .withReady(true)
                        .endConditions()
                        .withNewTargetRef()
                        .withKind("Pod")
                        .withNamespace("default")
                        .withName("web")
                        .withUid(pod.getMetadata().getUid())
                        .endTargetRef()
                        .endEndpoint()
                        .build(),
                cluster.store.fence());
    }

    private ScriptedAgent connected(String nodeName) throws Exception {
        ScriptedAgent agent = new ScriptedAgent(cluster.channelOf(nodeName)).hello(ScriptedAgent.hello(nodeName));
        agent.await(message -> message.getSnapshot().getEnd());
        return agent;
    }
}
