package dev.gantry.controlplane.controller.garbage;

import static dev.gantry.controlplane.resource.Resources.CONFIG_MAPS;
import static dev.gantry.controlplane.resource.Resources.DEPLOYMENTS;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.REPLICA_SETS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.controlplane.controller.deployment.DeploymentPlanner;
import dev.gantry.controlplane.controller.replicaset.ReplicaSetPlanner;
import dev.gantry.controlplane.controller.runtime.Cluster;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Owners;
import dev.gantry.controlplane.controller.runtime.WatchedKinds;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GarbageScenarioTest {
    private final Cluster cluster = new Cluster()
            .run(new DeploymentPlanner())
            .run(new ReplicaSetPlanner())
            .run(new GarbagePlanner(WatchedKinds.builtIn()));

    private void deployed() {
        cluster.objects.create(DEPLOYMENTS, Manifests.deployment("web", 2, "web:1"), cluster.fence);
        cluster.settle();
        assertThat(cluster.pods("default")).hasSize(2);
    }

    private void delete(String propagation) {
        cluster.objects.delete(
                DEPLOYMENTS, "default", "web", new DeleteOptions(null, null, propagation), cluster.fence);
        cluster.pass(Duration.ofSeconds(5));
    }

    @Test
    void backgroundDeletionTakesEverythingBeneathAfterTheOwner() {
        deployed();
        delete("Background");
        assertThat(cluster.objects.list(REPLICA_SETS, null)).isEmpty();
        assertThat(cluster.pods("default")).isEmpty();
    }

    @Test
    void foregroundDeletionKeepsTheOwnerUntilItsPodsAreGone() {
        deployed();
        cluster.pods("default").forEach(pod -> cluster.makeReady(pod, "n1", "10.0.0.1"));
        delete("Foreground");
        assertThat(cluster.objects.get(DEPLOYMENTS, "default", "web")).isPresent();
        assertThat(cluster.pods("default"))
                .allSatisfy(pod ->
                        assertThat(pod.getMetadata().getDeletionTimestamp()).isNotNull());
        cluster.pods("default")
                .forEach(pod ->
                        cluster.objects.podRemoved("default", pod.getMetadata().getName()));
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.objects.list(DEPLOYMENTS, null)).isEmpty();
        assertThat(cluster.objects.list(REPLICA_SETS, null)).isEmpty();
    }

    @Test
    void foregroundDeletionGoesDownTheWholeTreeWhoeverIsLookedAtFirst() {
        deployed();
        cluster.pods("default").forEach(pod -> cluster.makeReady(pod, "n1", "10.0.0.1"));
        cluster.objects.delete(
                DEPLOYMENTS, "default", "web", new DeleteOptions(null, null, "Foreground"), cluster.fence);
        // a new leader sees all of it at once, dependents before their owners
        cluster.restart();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.pods("default")).hasSize(2);
        assertThat(cluster.objects.list(REPLICA_SETS, null)).hasSize(1);
        assertThat(cluster.objects.list(DEPLOYMENTS, null)).hasSize(1);
        cluster.pods("default")
                .forEach(pod ->
                        cluster.objects.podRemoved("default", pod.getMetadata().getName()));
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.objects.list(REPLICA_SETS, null)).isEmpty();
        assertThat(cluster.objects.list(DEPLOYMENTS, null)).isEmpty();
    }

    @Test
    void orphanDeletionLeavesDependentsWithoutThatOwner() {
        deployed();
        delete("Orphan");
        assertThat(cluster.objects.list(DEPLOYMENTS, null)).isEmpty();
        assertThat(cluster.objects.list(REPLICA_SETS, null))
                .singleElement()
                .satisfies(set ->
                        assertThat(set.getMetadata().getOwnerReferences()).isEmpty());
        assertThat(cluster.pods("default")).hasSize(2);
    }

    @Test
    void anOwnerOfTheSameNameButAnotherUidDoesNotCount() {
        ConfigMap owner = cluster.objects.create(CONFIG_MAPS, map("owner"), cluster.fence);
        ConfigMap dependent = map("dependent");
        Owners.adopt(owner, dependent);
        cluster.objects.create(CONFIG_MAPS, dependent, cluster.fence);
        cluster.settle();
        cluster.objects.delete(CONFIG_MAPS, "default", "owner", DeleteOptions.of(null), cluster.fence);
        cluster.objects.create(CONFIG_MAPS, map("owner"), cluster.fence);
        cluster.settle();
        assertThat(cluster.objects.list(CONFIG_MAPS, "default"))
                .extracting(map -> map.getMetadata().getName())
                .containsExactly("owner");
    }

    @Test
    void aDependentWithAnotherLiveOwnerOnlyLosesTheReference() {
        ConfigMap one = cluster.objects.create(CONFIG_MAPS, map("one"), cluster.fence);
        ConfigMap two = cluster.objects.create(CONFIG_MAPS, map("two"), cluster.fence);
        ConfigMap dependent = map("dependent");
        Owners.adopt(one, dependent);
        Owners.adopt(two, dependent);
        cluster.objects.create(CONFIG_MAPS, dependent, cluster.fence);
        cluster.settle();
        cluster.objects.delete(CONFIG_MAPS, "default", "one", DeleteOptions.of(null), cluster.fence);
        cluster.settle();
        assertThat(cluster.objects
                        .get(CONFIG_MAPS, "default", "dependent")
                        .orElseThrow()
                        .getMetadata()
                        .getOwnerReferences())
                .singleElement()
                .satisfies(reference -> assertThat(reference.getName()).isEqualTo("two"));
    }

    @Test
    void aReferenceToAKindThatIsNotServedKeepsTheObject() {
        ConfigMap dependent = map("dependent");
        ConfigMap owner = map("owner");
        owner.getMetadata().setUid("x");
        Owners.adopt(owner, dependent);
        dependent.getMetadata().getOwnerReferences().getFirst().setKind("Widget");
        cluster.objects.create(CONFIG_MAPS, dependent, cluster.fence);
        cluster.pass(Duration.ofMinutes(1));
        assertThat(cluster.objects.list(CONFIG_MAPS, "default")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Background", "Foreground", "Orphan"})
    void aCrashAfterAnyWriteStillEndsInTheSameState(String propagation) {
        for (String point : List.of("controller.updated", "controller.deleted")) {
            for (int hit = 1; hit <= 4; hit++) {
                Cluster fresh = new Cluster().run(new GarbagePlanner(WatchedKinds.builtIn()));
                ConfigMap owner = fresh.objects.create(CONFIG_MAPS, map("owner"), fresh.fence);
                for (String name : List.of("a", "b")) {
                    ConfigMap dependent = map(name);
                    Owners.adopt(owner, dependent);
                    fresh.objects.create(CONFIG_MAPS, dependent, fresh.fence);
                }
                fresh.settle();
                fresh.objects.delete(
                        CONFIG_MAPS, "default", "owner", new DeleteOptions(null, null, propagation), fresh.fence);
                try (ArmedCrash _ = CrashPoint.arm(point, hit)) {
                    fresh.settle();
                } catch (SimulatedCrash _) {
                    // what is left must be enough
                }
                fresh.restart();
                fresh.pass(Duration.ofSeconds(3));
                assertThat(fresh.objects.list(CONFIG_MAPS, "default"))
                        .extracting(map -> map.getMetadata().getName())
                        .containsExactlyElementsOf(propagation.equals("Orphan") ? List.of("a", "b") : List.of());
            }
        }
    }

    @Property(tries = 60)
    void whatIsLeftIsWhatAPlainOracleLeaves(@ForAll long seed) {
        Random random = new Random(seed);
        Cluster fresh = new Cluster().run(new GarbagePlanner(WatchedKinds.builtIn()));
        Map<String, Set<String>> owners = new HashMap<>();
        List<ConfigMap> made = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            ConfigMap map = map("m" + i);
            Set<String> chosen = new HashSet<>();
            for (int j = 0; j < random.nextInt(3) && !made.isEmpty(); j++) {
                ConfigMap owner = made.get(random.nextInt(made.size()));
                Owners.adopt(owner, map);
                chosen.add(owner.getMetadata().getName());
            }
            made.add(fresh.objects.create(CONFIG_MAPS, map, fresh.fence));
            owners.put("m" + i, chosen);
        }
        fresh.settle();
        Set<String> left = new HashSet<>(owners.keySet());
        for (int i = 0; i < 3; i++) {
            String victim = "m" + random.nextInt(12);
            if (fresh.objects.get(CONFIG_MAPS, "default", victim).isPresent()) {
                fresh.objects.delete(CONFIG_MAPS, "default", victim, DeleteOptions.of(null), fresh.fence);
            }
            left.remove(victim);
        }
        while (left.removeIf(name -> !owners.getOrDefault(name, Set.of()).isEmpty()
                && owners.getOrDefault(name, Set.of()).stream().noneMatch(left::contains))) {
            // until nothing more falls
        }
        fresh.settle();
        assertThat(fresh.objects.list(CONFIG_MAPS, "default"))
                .extracting((HasMetadata map) -> map.getMetadata().getName())
                .containsExactlyInAnyOrderElementsOf(left);
        assertThat(fresh.objects.list(PODS, null)).isEmpty();
    }

    private static ConfigMap map(String name) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .endMetadata()
                .build();
    }
}
