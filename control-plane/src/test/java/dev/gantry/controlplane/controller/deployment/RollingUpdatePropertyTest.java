package dev.gantry.controlplane.controller.deployment;

import static dev.gantry.controlplane.resource.Resources.DEPLOYMENTS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.controlplane.controller.replicaset.ReplicaSetPlanner;
import dev.gantry.controlplane.controller.runtime.Cluster;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Pods;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStrategy;
import io.fabric8.kubernetes.api.model.apps.RollingUpdateDeployment;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RollingUpdatePropertyTest {
    @Property(tries = 60)
    void neverMoreThanTheSurgeNeverFewerThanAvailableAndItEnds(
            @ForAll @IntRange(min = 1, max = 8) int replicas,
            @ForAll @IntRange(max = 4) int surge,
            @ForAll @IntRange(max = 4) int unavailable,
            @ForAll long seed) {
        Random random = new Random(seed);
        Cluster cluster = new Cluster().run(new DeploymentPlanner()).run(new ReplicaSetPlanner());
        Deployment deployment = Manifests.deployment("web", replicas, "web:1");
        deployment
                .getSpec()
                .setStrategy(new DeploymentStrategy(
                        new RollingUpdateDeployment(new IntOrString(surge), new IntOrString(unavailable)),
                        "RollingUpdate"));
        cluster.objects.create(DEPLOYMENTS, deployment, cluster.fence);
        cluster.settle();
        active(cluster).forEach(pod -> cluster.makeReady(pod, "n1", "10.0.0.1"));
        cluster.settle();
        int floor = Math.max(0, replicas - (surge == 0 && unavailable == 0 ? 1 : unavailable));

        cluster.objects.edit(
                DEPLOYMENTS,
                "default",
                "web",
                edited -> edited.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .setImage("web:2"));
        for (int moves = 0; !done(cluster, replicas); moves++) {
            assertThat(moves).as("moves").isLessThan(2_000);
            cluster.settle();
            assertThat(active(cluster).size()).isLessThanOrEqualTo(replicas + surge);
            assertThat(active(cluster).stream().filter(Pods::isReady).count()).isGreaterThanOrEqualTo(floor);
            List<Pod> all = cluster.pods("default");
            Pod chosen = all.get(random.nextInt(all.size()));
            if (Pods.isTerminating(chosen)) {
                cluster.objects.podRemoved("default", chosen.getMetadata().getName());
            } else if (!Pods.isReady(chosen)) {
                cluster.makeReady(chosen, "n1", "10.0.0.1");
            }
            cluster.advance(Duration.ofMillis(random.nextInt(2_000)));
        }
    }

    private static boolean done(Cluster cluster, int replicas) {
        List<Pod> all = cluster.pods("default");
        return all.size() == replicas
                && all.stream()
                        .allMatch(pod -> Pods.isReady(pod)
                                && pod.getSpec()
                                        .getContainers()
                                        .getFirst()
                                        .getImage()
                                        .equals("web:2"));
    }

    private static List<Pod> active(Cluster cluster) {
        return cluster.pods("default").stream().filter(Pods::isActive).toList();
    }
}
