package dev.gantry.controlplane.controller.deployment;

import static dev.gantry.controlplane.resource.Resources.DEPLOYMENTS;
import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.REPLICA_SETS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.controlplane.controller.replicaset.ReplicaSetPlanner;
import dev.gantry.controlplane.controller.runtime.Cluster;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Pods;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStrategy;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.RollingUpdateDeployment;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deployments and ReplicaSets together, on virtual time, with the test as scheduler and nodes. */
class DeploymentScenarioTest {
    private final Cluster cluster = new Cluster().run(new DeploymentPlanner()).run(new ReplicaSetPlanner());

    private void deploy(int replicas) {
        cluster.objects.create(DEPLOYMENTS, Manifests.deployment("web", replicas, "web:1"), cluster.fence);
        cluster.settle();
    }

    private Deployment deployment() {
        return cluster.objects.get(DEPLOYMENTS, "default", "web").orElseThrow();
    }

    private void change(Consumer<Deployment> change) {
        cluster.objects.edit(DEPLOYMENTS, "default", "web", change);
        cluster.settle();
    }

    private static Consumer<Deployment> image(String image) {
        return deployment -> deployment
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .setImage(image);
    }

    private List<ReplicaSet> replicaSets() {
        return cluster.objects.list(REPLICA_SETS, "default");
    }

    private List<Pod> live() {
        return cluster.pods("default").stream().filter(Pods::isActive).toList();
    }

    private static String imageOf(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getImage();
    }

    /** Nodes do what they are told until nothing changes. */
    private void nodesCatchUp() {
        for (int i = 0; i < 200; i++) {
            List<Pod> starting =
                    live().stream().filter(pod -> !Pods.isReady(pod)).toList();
            List<Pod> ending =
                    cluster.pods("default").stream().filter(Pods::isTerminating).toList();
            if (starting.isEmpty() && ending.isEmpty()) {
                return;
            }
            starting.stream().limit(1).forEach(pod -> cluster.makeReady(pod, "n1", "10.0.0.1"));
            ending.forEach(pod ->
                    cluster.objects.podRemoved("default", pod.getMetadata().getName()));
            cluster.advance(Duration.ofSeconds(1));
        }
        throw new AssertionError("no end in sight");
    }

    private DeploymentCondition condition(String type) {
        return deployment().getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void bringsUpAsManyPodsAsAskedForAndSaysSo() {
        deploy(3);
        assertThat(live()).hasSize(3);
        assertThat(condition("Available").getReason()).isEqualTo("MinimumReplicasUnavailable");
        assertThat(deployment().getStatus().getObservedGeneration())
                .isEqualTo(deployment().getMetadata().getGeneration());

        nodesCatchUp();

        assertThat(deployment().getStatus().getAvailableReplicas()).isEqualTo(3);
        assertThat(deployment().getStatus().getUpdatedReplicas()).isEqualTo(3);
        assertThat(condition("Available").getStatus()).isEqualTo("True");
        assertThat(condition("Progressing").getReason()).isEqualTo("NewReplicaSetAvailable");
        assertThat(deployment().getMetadata().getAnnotations()).containsEntry(Revisions.REVISION, "1");
        ReplicaSet only = replicaSets().getFirst();
        assertThat(only.getMetadata().getLabels()).containsKey("pod-template-hash");
        assertThat(live())
                .allSatisfy(pod -> assertThat(pod.getMetadata().getLabels()).containsKeys("app", "pod-template-hash"));
        assertThat(cluster.objects.list(EVENTS, "default"))
                .anySatisfy(event -> assertThat(event.getReason()).isEqualTo("ScalingReplicaSet"));
    }

    @Test
    void rollsToANewTemplateAndBackAgainKeepingHistory() {
        deploy(4);
        nodesCatchUp();
        change(image("web:2"));
        nodesCatchUp();

        assertThat(live()).hasSize(4).allSatisfy(pod -> assertThat(imageOf(pod)).isEqualTo("web:2"));
        assertThat(replicaSets()).hasSize(2);
        assertThat(deployment().getMetadata().getAnnotations()).containsEntry(Revisions.REVISION, "2");

        change(image("web:1"));
        nodesCatchUp();

        assertThat(live()).hasSize(4).allSatisfy(pod -> assertThat(imageOf(pod)).isEqualTo("web:1"));
        assertThat(replicaSets()).hasSize(2);
        assertThat(deployment().getMetadata().getAnnotations()).containsEntry(Revisions.REVISION, "3");
        assertThat(replicaSets())
                .anySatisfy(
                        set -> assertThat(set.getMetadata().getAnnotations()).containsEntry(Revisions.HISTORY, "1"));
    }

    @Test
    void keepsNoMoreHistoryThanAskedFor() {
        deploy(1);
        change(deployment -> deployment.getSpec().setRevisionHistoryLimit(1));
        nodesCatchUp();
        for (int version = 2; version <= 5; version++) {
            change(image("web:" + version));
            nodesCatchUp();
        }
        assertThat(replicaSets()).hasSize(2);
    }

    @Test
    void aRollStopsAtAVersionThatNeverGetsReadyAndSaysSoAfterTheDeadline() {
        deploy(4);
        nodesCatchUp();
        change(image("broken:1"));

        cluster.pass(Duration.ofSeconds(30));
        assertThat(live().stream().filter(Pods::isReady)).hasSize(3);
        assertThat(live()).hasSize(5);
        cluster.advance(Duration.ofSeconds(700));

        assertThat(condition("Progressing").getStatus()).isEqualTo("False");
        assertThat(condition("Progressing").getReason()).isEqualTo("ProgressDeadlineExceeded");
        change(image("web:1"));
        nodesCatchUp();
        assertThat(condition("Progressing").getReason()).isEqualTo("NewReplicaSetAvailable");
        assertThat(live()).hasSize(4);
    }

    @Test
    void aRollBackHasItsWholeDeadlineHoweverLongAgoTheLastRollWas() {
        deploy(2);
        nodesCatchUp();
        change(image("web:2"));
        nodesCatchUp();
        cluster.advance(Duration.ofSeconds(3600));

        change(image("web:1"));
        assertThat(condition("Progressing").getStatus()).isEqualTo("True");
        cluster.advance(Duration.ofSeconds(500));
        assertThat(condition("Progressing").getStatus()).isEqualTo("True");
        cluster.advance(Duration.ofSeconds(200));
        assertThat(condition("Progressing").getReason()).isEqualTo("ProgressDeadlineExceeded");
    }

    @Test
    void aStuckRollThatIsPausedStillSaysThatItIsStuck() {
        deploy(2);
        nodesCatchUp();
        change(image("broken:1"));
        cluster.advance(Duration.ofSeconds(700));
        change(deployment -> deployment.getSpec().setPaused(true));
        assertThat(condition("Progressing").getReason()).isEqualTo("ProgressDeadlineExceeded");
    }

    @Test
    void recreateStopsEverythingBeforeItStartsAnything() {
        deploy(3);
        nodesCatchUp();
        change(deployment -> {
            deployment.getSpec().setStrategy(new DeploymentStrategy(null, "Recreate"));
            image("web:2").accept(deployment);
        });
        assertThat(live()).isEmpty();
        assertThat(replicaSets()).hasSize(1);

        nodesCatchUp();
        nodesCatchUp();

        assertThat(live()).hasSize(3).allSatisfy(pod -> assertThat(imageOf(pod)).isEqualTo("web:2"));
    }

    @Test
    void aPausedDeploymentScalesButDoesNotRoll() {
        deploy(2);
        nodesCatchUp();
        change(deployment -> {
            deployment.getSpec().setPaused(true);
            image("web:2").accept(deployment);
        });
        assertThat(replicaSets()).hasSize(1);
        assertThat(condition("Progressing").getReason()).isEqualTo("DeploymentPaused");
        change(deployment -> deployment.getSpec().setReplicas(5));
        assertThat(live()).hasSize(5);
        change(deployment -> deployment.getSpec().setPaused(false));
        nodesCatchUp();
        assertThat(live()).hasSize(5).allSatisfy(pod -> assertThat(imageOf(pod)).isEqualTo("web:2"));
    }

    @Test
    void scalesInTheMiddleOfARollInProportion() {
        deploy(10);
        nodesCatchUp();
        change(deployment -> {
            deployment
                    .getSpec()
                    .setStrategy(new DeploymentStrategy(
                            new RollingUpdateDeployment(new IntOrString(3), new IntOrString(2)), "RollingUpdate"));
            image("web:2").accept(deployment);
        });
        change(deployment -> deployment.getSpec().setReplicas(15));
        assertThat(replicaSets().stream()
                        .mapToInt(set -> set.getSpec().getReplicas())
                        .sum())
                .isEqualTo(18);
        assertThat(replicaSets())
                .allSatisfy(set -> assertThat(set.getSpec().getReplicas()).isPositive());
        nodesCatchUp();
        assertThat(live())
                .hasSize(15)
                .allSatisfy(pod -> assertThat(imageOf(pod)).isEqualTo("web:2"));
    }

    @Test
    void scalesToZeroAndBack() {
        deploy(3);
        nodesCatchUp();
        change(deployment -> deployment.getSpec().setReplicas(0));
        nodesCatchUp();
        assertThat(live()).isEmpty();
        change(deployment -> deployment.getSpec().setReplicas(2));
        nodesCatchUp();
        assertThat(live()).hasSize(2);
    }

    @Test
    void waitsUntilPodsHaveBeenReadyForMinReadySeconds() {
        deploy(1);
        change(deployment -> deployment.getSpec().setMinReadySeconds(30));
        nodesCatchUp();
        assertThat(deployment().getStatus().getReadyReplicas()).isEqualTo(1);
        assertThat(deployment().getStatus().getAvailableReplicas()).isZero();
        cluster.advance(Duration.ofSeconds(31));
        assertThat(deployment().getStatus().getAvailableReplicas()).isEqualTo(1);
    }

    @Test
    void adoptsAReplicaSetThatMatchesAndHasNoOwner() {
        deploy(1);
        ReplicaSet set = replicaSets().getFirst();
        cluster.objects.edit(
                REPLICA_SETS,
                "default",
                set.getMetadata().getName(),
                orphan -> orphan.getMetadata().setOwnerReferences(List.of()));
        cluster.settle();
        assertThat(replicaSets()).hasSize(1);
        assertThat(replicaSets().getFirst().getMetadata().getOwnerReferences()).hasSize(1);
    }

    @Test
    void restsWhenNothingChanges() {
        deploy(3);
        nodesCatchUp();
        cluster.pass(Duration.ofSeconds(5));
        long writes = cluster.objects.writes();
        cluster.restart();
        cluster.settle();
        cluster.pass(Duration.ofSeconds(30));
        assertThat(cluster.objects.writes()).isEqualTo(writes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "controller.created",
                "controller.updated",
                "controller.status-updated",
                "controller.deleted",
                "event.recorded"
            })
    void aCrashAfterAnyWriteLosesNothingAndDoublesNothing(String point) {
        for (int hit = 1; hit <= 6; hit++) {
            Cluster fresh = new Cluster().run(new DeploymentPlanner()).run(new ReplicaSetPlanner());
            fresh.objects.create(DEPLOYMENTS, Manifests.deployment("web", 3, "web:1"), fresh.fence);
            fresh.settle();
            fresh.objects.edit(DEPLOYMENTS, "default", "web", deployment -> {
                image("web:2").accept(deployment);
                deployment.getSpec().setStrategy(new DeploymentStrategy(null, "Recreate"));
            });
            try (ArmedCrash _ = CrashPoint.arm(point, hit)) {
                fresh.settle();
            } catch (SimulatedCrash _) {
                // what is left must be enough
            }
            fresh.restart();
            fresh.settle();
            assertThat(fresh.objects.list(PODS, "default"))
                    .hasSize(3)
                    .allSatisfy(pod -> assertThat(imageOf(pod)).isEqualTo("web:2"));
        }
    }
}
