package dev.gantry.controlplane.controller;

import static dev.gantry.controlplane.resource.Resources.CONFIG_MAPS;
import static dev.gantry.controlplane.resource.Resources.DEPLOYMENTS;
import static dev.gantry.controlplane.resource.Resources.ENDPOINT_SLICES;
import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static dev.gantry.controlplane.resource.Resources.NAMESPACES;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.REPLICA_SETS;
import static dev.gantry.controlplane.resource.Resources.SERVICES;
import static dev.gantry.controlplane.resource.Resources.SERVICE_ACCOUNTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.WatchedKinds;
import dev.gantry.controlplane.dispatch.NodePresence;
import dev.gantry.controlplane.leader.FakeLeadership;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.DefaultNamespaces;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.TypedObjects;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.schedule.PodScheduling;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** All controllers at once, on threads of their own, over the real resource engine with its admission. */
class ControllersTest {
    private static final NodePresence HEARD = new NodePresence() {
        @Override
        public Map<String, Presence> nodes() {
            return Map.of("n1", new Presence(true, true, Instant.now()), "n2", new Presence(true, true, Instant.now()));
        }

        @Override
        public void listen(Consumer<String> listener) {}
    };

    private final InMemoryObjectStore store = new InMemoryObjectStore();
    private final ResourceEngine engine = new ResourceEngine(
            BuiltInKinds.table(BuiltInKinds.Settings.DEFAULTS, new Random(1)), store, Clock.systemUTC(), new Random(2));
    private final TypedObjects objects = new TypedObjects(engine);
    private final FakeLeadership leadership = new FakeLeadership();
    private final Fence fence = store.fence();

    @BeforeEach
    void start() {
        DefaultNamespaces.ensure(engine, fence);
        new Controllers(
                objects,
                leadership,
                Clock.systemUTC(),
                HEARD,
                WatchedKinds.of(engine.kinds()),
                ControllerSettings.defaults());
        leadership.register(new PodScheduling(objects, Clock.systemUTC()));
        leadership.win(fence);
        for (String name : List.of("n1", "n2")) {
            var node = Manifests.node(name, "4");
            var created = objects.create(NODES, node, fence);
            created.setStatus(node.getStatus());
            objects.updateStatus(NODES, created, fence);
        }
    }

    @AfterEach
    void stop() {
        leadership.lose();
        store.close();
    }

    private static void eventually(ThrowingRunnable condition) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(condition);
    }

    private List<Pod> pods() {
        return objects.list(PODS, "default");
    }

    /** What agents report, until the Deployment is what it should be. */
    private void nodesDoTheirWork() {
        for (Pod pod : pods()) {
            if (Pods.isTerminating(pod)) {
                objects.delete(PODS, "default", pod.getMetadata().getName(), new DeleteOptions(null, 0L, null), fence);
            } else if (Pods.isAssigned(pod) && !Pods.isReady(pod)) {
                pod.getStatus().setPhase("Running");
                pod.getStatus()
                        .setPodIP("10.244.0."
                                + Math.floorMod(pod.getMetadata().getName().hashCode(), 250));
                pod.getStatus()
                        .getConditions()
                        .add(new PodConditionBuilder()
                                .withType("Ready")
                                .withStatus("True")
                                .build());
                objects.updateStatuses(PODS, List.of(pod), fence);
            }
        }
    }

    @Test
    void takesADeploymentBehindAServiceThroughARollAndAway() {
        objects.create(SERVICES, Manifests.service("web", Map.of("app", "web")), fence);
        Deployment deployment = Manifests.deployment("web", 3, "web:1");
        deployment
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .setPorts(Manifests.pod("x", Map.of())
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getPorts());
        objects.create(DEPLOYMENTS, deployment, fence);
        eventually(() -> {
            nodesDoTheirWork();
            assertThat(readyEndpoints()).hasSize(3);
            assertThat(objects.get(DEPLOYMENTS, "default", "web")
                            .orElseThrow()
                            .getStatus()
                            .getAvailableReplicas())
                    .isEqualTo(3);
        });
        assertThat(pods()).extracting(pod -> pod.getSpec().getNodeName()).contains("n1", "n2");
        assertThat(objects.get(SERVICE_ACCOUNTS, "default", "default")).isPresent();

        eventually(() -> {
            Deployment current = objects.get(DEPLOYMENTS, "default", "web").orElseThrow();
            current.getSpec().getTemplate().getSpec().getContainers().getFirst().setImage("web:2");
            objects.update(DEPLOYMENTS, current, fence);
        });
        eventually(() -> {
            nodesDoTheirWork();
            assertThat(pods()).hasSize(3).allSatisfy(pod -> {
                assertThat(pod.getSpec().getContainers().getFirst().getImage()).isEqualTo("web:2");
                assertThat(Pods.isReady(pod)).isTrue();
            });
            assertThat(readyEndpoints()).hasSize(3);
        });
        assertThat(objects.list(REPLICA_SETS, "default")).hasSize(2);
        assertThat(objects.list(EVENTS, "default"))
                .anySatisfy(event -> assertThat(event.getReason()).isEqualTo("Scheduled"));

        objects.delete(DEPLOYMENTS, "default", "web", new DeleteOptions(null, null, "Foreground"), fence);
        eventually(() -> {
            nodesDoTheirWork();
            assertThat(objects.list(DEPLOYMENTS, "default")).isEmpty();
            assertThat(objects.list(REPLICA_SETS, "default")).isEmpty();
            assertThat(pods()).isEmpty();
            assertThat(readyEndpoints()).isEmpty();
        });
    }

    private List<String> readyEndpoints() {
        return objects.list(ENDPOINT_SLICES, "default").stream()
                .flatMap(slice -> slice.getEndpoints().stream())
                .filter(endpoint -> Boolean.TRUE.equals(endpoint.getConditions().getReady()))
                .map(endpoint -> endpoint.getTargetRef().getName())
                .toList();
    }

    @Test
    void deletesANamespaceWithAllThatIsInIt() {
        objects.create(NAMESPACES, Manifests.namespace("team"), fence);
        objects.create(
                CONFIG_MAPS,
                new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace("team")
                        .withName("settings")
                        .endMetadata()
                        .build(),
                fence);
        eventually(() ->
                assertThat(objects.get(SERVICE_ACCOUNTS, "team", "default")).isPresent());
        objects.delete(NAMESPACES, null, "team", DeleteOptions.of(null), fence);
        eventually(() -> assertThat(objects.get(NAMESPACES, null, "team")).isEmpty());
        assertThat(objects.list(CONFIG_MAPS, "team")).isEmpty();
    }

    @Test
    void doesNothingAfterItLostAndGoesOnWhenItWinsAgain() {
        leadership.lose();
        objects.create(DEPLOYMENTS, Manifests.deployment("web", 1, "web:1"), fence);
        Fence next = store.depose();
        assertThat(objects.list(REPLICA_SETS, "default")).isEmpty();
        leadership.win(next);
        eventually(() -> assertThat(pods()).hasSize(1));
    }
}
