package dev.gantry.controlplane.controller.upkeep;

import static dev.gantry.controlplane.resource.Resources.CONFIG_MAPS;
import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static dev.gantry.controlplane.resource.Resources.NAMESPACES;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.SERVICE_ACCOUNTS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.controlplane.controller.eventexpiry.EventExpiryPlanner;
import dev.gantry.controlplane.controller.namespace.NamespacePlanner;
import dev.gantry.controlplane.controller.podgarbage.PodGarbagePlanner;
import dev.gantry.controlplane.controller.runtime.Cluster;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.WatchedKinds;
import dev.gantry.controlplane.controller.serviceaccount.ServiceAccountPlanner;
import dev.gantry.controlplane.event.EventRecorder;
import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UpkeepScenarioTest {
    private final Cluster cluster = new Cluster();

    @Test
    void aNamespaceTakesItsContentsWithItAndWaitsForPods() {
        cluster.run(new NamespacePlanner(WatchedKinds.builtIn())).run(new ServiceAccountPlanner());
        cluster.objects.create(NAMESPACES, Manifests.namespace("default"), cluster.fence);
        cluster.settle();
        assertThat(cluster.objects.get(SERVICE_ACCOUNTS, "default", "default")).isPresent();
        cluster.objects.create(
                CONFIG_MAPS,
                new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName("c")
                        .endMetadata()
                        .build(),
                cluster.fence);
        Pod pod = cluster.objects.create(PODS, Manifests.pod("web", Map.of()), cluster.fence);
        cluster.makeReady(pod, "n1", "10.0.0.1");

        cluster.objects.delete(NAMESPACES, null, "default", DeleteOptions.of(null), cluster.fence);
        cluster.pass(Duration.ofSeconds(5));

        assertThat(cluster.objects.list(CONFIG_MAPS, "default")).isEmpty();
        assertThat(cluster.objects.list(SERVICE_ACCOUNTS, "default")).isEmpty();
        assertThat(cluster.objects
                        .get(NAMESPACES, null, "default")
                        .orElseThrow()
                        .getStatus()
                        .getConditions())
                .anySatisfy(condition -> assertThat(condition.getMessage()).contains("pods. has 1 resource instances"));
        cluster.objects.podRemoved("default", "web");
        cluster.pass(Duration.ofSeconds(2));
        assertThat(cluster.objects.list(NAMESPACES, null)).isEmpty();
    }

    @Test
    void theDefaultServiceAccountComesBackWhenDeleted() {
        cluster.run(new ServiceAccountPlanner());
        cluster.objects.create(NAMESPACES, Manifests.namespace("team"), cluster.fence);
        cluster.settle();
        cluster.objects.delete(SERVICE_ACCOUNTS, "team", "default", DeleteOptions.of(null), cluster.fence);
        cluster.settle();
        assertThat(cluster.objects.get(SERVICE_ACCOUNTS, "team", "default")).isPresent();
    }

    @Test
    void eventsLiveForAnHourAfterTheyLastHappened() {
        cluster.run(new EventExpiryPlanner(Duration.ofHours(1)));
        Pod pod = cluster.objects.create(PODS, Manifests.pod("web", Map.of()), cluster.fence);
        EventRecorder recorder = new EventRecorder(cluster.objects, cluster.clock, "test");
        recorder.record(pod, Severity.NORMAL, "Again", "it happened", cluster.fence);
        recorder.record(pod, Severity.NORMAL, "Once", "it happened", cluster.fence);
        cluster.advance(Duration.ofMinutes(40));
        recorder.record(pod, Severity.NORMAL, "Again", "it happened", cluster.fence);
        assertThat(cluster.objects.list(EVENTS, "default")).hasSize(2);
        cluster.advance(Duration.ofMinutes(21));
        assertThat(cluster.objects.list(EVENTS, "default")).singleElement().satisfies(event -> {
            assertThat(event.getReason()).isEqualTo("Again");
            assertThat(event.getCount()).isEqualTo(2);
        });
        cluster.advance(Duration.ofMinutes(40));
        assertThat(cluster.objects.list(EVENTS, "default")).isEmpty();
    }

    @Test
    void podsOfADeletedNodeGoWithoutAnAgentUnlessTheNodeComesBack() {
        cluster.run(new PodGarbagePlanner(Duration.ofSeconds(5)));
        for (String name : new String[] {"n1", "n2"}) {
            cluster.objects.create(NODES, Manifests.node(name, "4"), cluster.fence);
            Pod pod = cluster.objects.create(PODS, Manifests.pod("on-" + name, Map.of()), cluster.fence);
            cluster.makeReady(pod, name, "10.0.0.1");
        }
        cluster.settle();
        cluster.objects.delete(NODES, null, "n1", DeleteOptions.of(null), cluster.fence);
        cluster.objects.delete(NODES, null, "n2", DeleteOptions.of(null), cluster.fence);
        cluster.pass(Duration.ofSeconds(2));
        cluster.objects.create(NODES, Manifests.node("n2", "4"), cluster.fence);
        cluster.pass(Duration.ofSeconds(10));
        assertThat(cluster.pods("default"))
                .extracting(pod -> pod.getMetadata().getName())
                .containsExactly("on-n2");
    }
}
