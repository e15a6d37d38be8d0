package dev.gantry.controlplane.controller.replicaset;

import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.REPLICA_SETS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.controlplane.controller.runtime.Cluster;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.resource.ApiException;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ReplicaSetScenarioTest {
    private final Cluster cluster = new Cluster().run(new ReplicaSetPlanner());

    private void start(int replicas) {
        cluster.objects.create(REPLICA_SETS, Manifests.replicaSet("web", replicas), cluster.fence);
        cluster.settle();
    }

    private void scale(int replicas) {
        cluster.objects.edit(
                REPLICA_SETS, "default", "web", set -> set.getSpec().setReplicas(replicas));
        cluster.settle();
    }

    private List<Pod> active() {
        return cluster.pods("default").stream().filter(Pods::isActive).toList();
    }

    @Test
    void replacesAPodThatFailedOrWasDeleted() {
        start(2);
        cluster.objects.edit(PODS, "default", active().getFirst().getMetadata().getName(), pod -> {
            pod.setStatus(new io.fabric8.kubernetes.api.model.PodStatus());
            pod.getStatus().setPhase("Failed");
        });
        cluster.settle();
        assertThat(active()).hasSize(2);
        assertThat(cluster.pods("default")).hasSize(3);
    }

    @Test
    void doesNotCreateTwiceFromACacheThatIsBehindItsOwnWrites() {
        start(0);
        scale(3);
        cluster.objects.freezeCache();
        cluster.objects.edit(
                REPLICA_SETS, "default", "web", set -> set.getSpec().setReplicas(5));
        cluster.pass(Duration.ofSeconds(3));
        cluster.objects.thawCache();
        cluster.objects.freezeCache();
        cluster.pass(Duration.ofSeconds(3));
        cluster.objects.thawCache();
        cluster.pass(Duration.ofSeconds(3));
        assertThat(cluster.pods("default")).hasSize(5);
    }

    @Test
    void doesNotDeleteTwiceFromACacheThatIsBehindItsOwnWrites() {
        start(5);
        active().forEach(pod -> cluster.makeReady(pod, "n1", "10.0.0.1"));
        cluster.settle();
        cluster.objects.edit(
                REPLICA_SETS, "default", "web", set -> set.getSpec().setReplicas(3));
        cluster.objects.freezeCache();
        cluster.pass(Duration.ofSeconds(3));
        cluster.objects.thawCache();
        cluster.pass(Duration.ofSeconds(3));
        assertThat(active()).hasSize(3);
    }

    @Test
    void asksAQuotaOnceWhenItRefusesEverythingAndTellsTheOwner() {
        AtomicInteger asked = new AtomicInteger();
        cluster.objects.refuseCreations(object -> {
            if (object instanceof Pod) {
                asked.incrementAndGet();
                return Optional.of(new ApiException(403, "Forbidden", "exceeded quota: pods=10"));
            }
            return Optional.empty();
        });
        start(100);
        // Once for each time that the ReplicaSet changed, not once for each pod.
        assertThat(asked.get()).isLessThanOrEqualTo(4);
        cluster.advance(Duration.ofSeconds(1));
        assertThat(cluster.objects
                        .get(REPLICA_SETS, "default", "web")
                        .orElseThrow()
                        .getStatus()
                        .getConditions())
                .anySatisfy(condition -> {
                    assertThat(condition.getType()).isEqualTo("ReplicaFailure");
                    assertThat(condition.getMessage()).contains("exceeded quota");
                });
        assertThat(cluster.objects.list(EVENTS, "default"))
                .anySatisfy(event -> assertThat(event.getReason()).isEqualTo("FailedCreate"));
        cluster.objects.refuseCreations(_ -> Optional.empty());
        cluster.pass(Duration.ofSeconds(60));
        assertThat(active()).hasSize(100);
        assertThat(cluster.objects
                        .get(REPLICA_SETS, "default", "web")
                        .orElseThrow()
                        .getStatus()
                        .getConditions())
                .isEmpty();
    }

    @Test
    void deletesUnscheduledThenUnreadyThenYoungerPodsFirst() {
        start(4);
        List<Pod> pods = active();
        cluster.makeReady(pods.get(0), "n1", "10.0.0.1");
        cluster.advance(Duration.ofSeconds(60));
        cluster.makeReady(pods.get(1), "n2", "10.0.0.2");
        cluster.objects.edit(
                PODS,
                "default",
                pods.get(2).getMetadata().getName(),
                pod -> pod.getSpec().setNodeName("n3"));
        cluster.settle();
        scale(3);
        assertThat(names()).doesNotContain(pods.get(3).getMetadata().getName());
        scale(2);
        assertThat(names()).doesNotContain(pods.get(2).getMetadata().getName());
        scale(1);
        assertThat(names()).containsExactly(pods.get(0).getMetadata().getName());
    }

    private List<String> names() {
        return active().stream().map(pod -> pod.getMetadata().getName()).toList();
    }

    @Test
    void adoptsAMatchingPodAndReleasesOneThatNoLongerMatches() {
        cluster.objects.create(PODS, Manifests.pod("stray", Map.of("app", "web")), cluster.fence);
        start(2);
        assertThat(names()).hasSize(2).contains("stray");
        cluster.objects.edit(PODS, "default", "stray", pod -> pod.getMetadata().setLabels(Map.of("app", "debug")));
        cluster.settle();
        assertThat(active()).hasSize(3);
        assertThat(cluster.objects
                        .get(PODS, "default", "stray")
                        .orElseThrow()
                        .getMetadata()
                        .getOwnerReferences())
                .isEmpty();
    }

    @Test
    void writesNothingAfterALaterEpochBegan() {
        start(2);
        cluster.objects.beginEpoch(2);
        cluster.objects.edit(
                REPLICA_SETS, "default", "web", set -> set.getSpec().setReplicas(9));
        cluster.pass(Duration.ofSeconds(5));
        assertThat(active()).hasSize(2);
    }

    @Property(tries = 50)
    void endsWithExactlyTheLastNumberAskedFor(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 0, max = 12) Integer> sizes) {
        Cluster fresh = new Cluster().run(new ReplicaSetPlanner());
        fresh.objects.create(REPLICA_SETS, Manifests.replicaSet("web", 1), fresh.fence);
        for (int size : sizes) {
            fresh.objects.edit(
                    REPLICA_SETS, "default", "web", set -> set.getSpec().setReplicas(size));
            if (size % 2 == 0) {
                fresh.settle();
            }
        }
        fresh.settle();
        assertThat(fresh.pods("default")).hasSize(sizes.getLast());
        assertThat(fresh.objects
                        .get(REPLICA_SETS, "default", "web")
                        .orElseThrow()
                        .getStatus()
                        .getReplicas())
                .isEqualTo(sizes.getLast());
    }
}
