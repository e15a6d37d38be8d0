package dev.gantry.controlplane.controller.endpointslice;

import static dev.gantry.controlplane.resource.Resources.ENDPOINT_SLICES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.SERVICES;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.controlplane.controller.runtime.Cluster;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EndpointSliceScenarioTest {
    private static final Map<String, String> WEB = Map.of("app", "web");
    private final Cluster cluster = new Cluster().run(new EndpointSlicePlanner());

    private static void serve(Cluster cluster) {
        cluster.objects.create(SERVICES, Manifests.service("web", WEB), cluster.fence);
    }

    private static void run(Cluster cluster, String name, String address) {
        Pod pod = cluster.objects.create(PODS, Manifests.pod(name, WEB), cluster.fence);
        cluster.makeReady(pod, "n1", address);
    }

    private static List<EndpointSlice> slices(Cluster cluster) {
        return cluster.objects.list(ENDPOINT_SLICES, "default");
    }

    private static List<Endpoint> endpoints(Cluster cluster) {
        return slices(cluster).stream()
                .flatMap(slice -> slice.getEndpoints().stream())
                .toList();
    }

    @Test
    void listsReadyPodsWithTheNumberOfTheirNamedPort() {
        serve(cluster);
        run(cluster, "a", "10.0.0.1");
        cluster.settle();
        EndpointSlice slice = slices(cluster).getFirst();
        assertThat(slice.getPorts().getFirst().getPort()).isEqualTo(8080);
        assertThat(slice.getAddressType()).isEqualTo("IPv4");
        assertThat(slice.getMetadata().getLabels()).containsEntry("kubernetes.io/service-name", "web");
        Endpoint endpoint = slice.getEndpoints().getFirst();
        assertThat(endpoint.getAddresses()).containsExactly("10.0.0.1");
        assertThat(endpoint.getConditions().getReady()).isTrue();
        assertThat(endpoint.getTargetRef().getName()).isEqualTo("a");
    }

    @Test
    void aPodLeavesTheSliceWhenItsDeletionIsAskedForBeforeItStops() {
        serve(cluster);
        run(cluster, "a", "10.0.0.1");
        run(cluster, "b", "10.0.0.2");
        cluster.settle();
        cluster.objects.delete(PODS, "default", "a", DeleteOptions.of(null), cluster.fence);
        cluster.settle();
        assertThat(cluster.pods("default")).hasSize(2);
        assertThat(endpoints(cluster))
                .extracting(endpoint -> endpoint.getTargetRef().getName())
                .containsExactly("b");
    }

    @Test
    void aPodThatIsNotReadyIsListedSoUnlessTheServicePublishesIt() {
        serve(cluster);
        run(cluster, "a", "10.0.0.1");
        cluster.objects.edit(
                PODS,
                "default",
                "a",
                pod -> pod.getStatus().getConditions().getFirst().setStatus("False"));
        cluster.settle();
        assertThat(endpoints(cluster).getFirst().getConditions().getReady()).isFalse();
        cluster.objects.edit(
                SERVICES, "default", "web", service -> service.getSpec().setPublishNotReadyAddresses(true));
        cluster.settle();
        assertThat(endpoints(cluster).getFirst().getConditions().getReady()).isTrue();
        assertThat(endpoints(cluster).getFirst().getConditions().getServing()).isFalse();
    }

    @Test
    void aServiceWithoutSelectorIsLeftAlone() {
        cluster.objects.create(SERVICES, Manifests.service("outside", Map.of()), cluster.fence);
        run(cluster, "a", "10.0.0.1");
        cluster.settle();
        assertThat(slices(cluster)).isEmpty();
    }

    @Test
    void slicesGoWithTheirServiceAndComeBackWhenDeleted() {
        serve(cluster);
        run(cluster, "a", "10.0.0.1");
        cluster.settle();
        EndpointSlice slice = slices(cluster).getFirst();
        cluster.objects.delete(
                ENDPOINT_SLICES, "default", slice.getMetadata().getName(), DeleteOptions.of(null), cluster.fence);
        cluster.settle();
        assertThat(endpoints(cluster)).hasSize(1);
        cluster.objects.delete(SERVICES, "default", "web", DeleteOptions.of(null), cluster.fence);
        cluster.settle();
        assertThat(slices(cluster)).isEmpty();
    }

    @Test
    void aHeadlessServiceWithoutPortsHasEndpointsToo() {
        serve(cluster);
        cluster.objects.edit(SERVICES, "default", "web", service -> {
            service.getSpec().setClusterIP("None");
            service.getSpec().setPorts(List.of());
        });
        run(cluster, "a", "10.0.0.1");
        cluster.settle();
        assertThat(endpoints(cluster)).hasSize(1);
        assertThat(slices(cluster).getFirst().getMetadata().getLabels()).containsKey("service.kubernetes.io/headless");
    }

    @Test
    void moreThanAHundredEndpointsShareSeveralSlicesAndAChangeRewritesOne() {
        serve(cluster);
        for (int i = 0; i < 250; i++) {
            run(cluster, "p%03d".formatted(i), "10.0.%d.%d".formatted(i / 200, i % 200));
        }
        cluster.settle();
        assertThat(slices(cluster)).hasSize(3);
        long writes = cluster.objects.writes();
        cluster.objects.delete(PODS, "default", "p120", DeleteOptions.of(null), cluster.fence);
        cluster.settle();
        assertThat(cluster.objects.writes() - writes).isEqualTo(2);
        assertThat(endpoints(cluster)).hasSize(249);
    }

    @Property(tries = 60)
    void alwaysEndsWithTheActivePodsThatMatchEachOnce(@ForAll @Size(max = 25) List<@IntRange(max = 29) Integer> moves) {
        Cluster fresh = new Cluster().run(new EndpointSlicePlanner());
        serve(fresh);
        int made = 0;
        for (int move : moves) {
            List<Pod> pods = fresh.pods("default");
            if (move < 12 || pods.isEmpty()) {
                run(fresh, "p" + made++, "10.0.0." + made);
            } else {
                String name = pods.get(move % pods.size()).getMetadata().getName();
                if (move < 20) {
                    fresh.objects.delete(PODS, "default", name, DeleteOptions.of(null), fresh.fence);
                } else {
                    fresh.objects.edit(
                            PODS, "default", name, pod -> pod.getMetadata().setLabels(Map.of("app", "other")));
                }
            }
            if (move % 3 == 0) {
                fresh.settle();
            }
        }
        fresh.settle();
        Set<String> expected = fresh.pods("default").stream()
                .filter(pod -> Pods.isActive(pod)
                        && "web".equals(pod.getMetadata().getLabels().get("app")))
                .map(pod -> pod.getMetadata().getName())
                .collect(toSet());
        assertThat(endpoints(fresh))
                .extracting(endpoint -> endpoint.getTargetRef().getName())
                .containsExactlyInAnyOrderElementsOf(expected);
    }
}
