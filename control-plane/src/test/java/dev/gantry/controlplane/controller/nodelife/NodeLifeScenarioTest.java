package dev.gantry.controlplane.controller.nodelife;

import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.controlplane.controller.runtime.Cluster;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Pods;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class NodeLifeScenarioTest {
    private final Set<String> alive = new TreeSet<>();
    private final Map<String, Instant> heard = new HashMap<>();
    private final Cluster cluster = new Cluster();

    NodeLifeScenarioTest() {
        HeardNodes hearing = () -> {
            Map<String, Instant> all = new HashMap<>(heard);
            alive.forEach(node -> all.put(node, cluster.clock.instant()));
            return all;
        };
        cluster.run(new NodeLifePlanner(hearing, Duration.ofSeconds(15), Duration.ofSeconds(25)));
    }

    private void join(String... nodes) {
        for (String node : nodes) {
            cluster.objects.create(NODES, Manifests.node(node, "4"), cluster.fence);
            alive.add(node);
        }
        cluster.settle();
    }

    private void vanish(String... nodes) {
        for (String node : nodes) {
            alive.remove(node);
            heard.put(node, cluster.clock.instant());
        }
    }

    private void comeBack(String node) {
        alive.add(node);
        cluster.objects.edit(
                NODES,
                null,
                node,
                back -> back.getStatus().getConditions().getFirst().setStatus("True"));
        cluster.settle();
    }

    private void run(String name, String node, Map<String, String> labels) {
        Pod pod = cluster.objects.create(PODS, Manifests.pod(name, labels), cluster.fence);
        cluster.makeReady(pod, node, "10.0.0.1");
        cluster.settle();
    }

    private Pod pod(String name) {
        return cluster.objects.get(PODS, "default", name).orElseThrow();
    }

    private Node node(String name) {
        return cluster.objects.get(NODES, null, name).orElseThrow();
    }

    private String ready(String name) {
        return node(name).getStatus().getConditions().getFirst().getStatus();
    }

    private List<String> taints(String name) {
        return node(name).getSpec().getTaints().stream().map(Taint::getKey).toList();
    }

    @Test
    void aSilentNodeIsNotReadyAfterFifteenSecondsAndItsPodsGoTwentyFiveLater() {
        join("n1", "n2");
        run("web", "n1", Map.of());
        vanish("n1");
        cluster.pass(Duration.ofSeconds(14));
        assertThat(ready("n1")).isEqualTo("True");
        cluster.pass(Duration.ofSeconds(1));
        assertThat(ready("n1")).isEqualTo("Unknown");
        assertThat(taints("n1")).containsExactly("node.kubernetes.io/unreachable");
        assertThat(Pods.isReady(pod("web"))).isFalse();
        cluster.pass(Duration.ofSeconds(24));
        assertThat(Pods.isTerminating(pod("web"))).isFalse();
        cluster.pass(Duration.ofSeconds(2));
        assertThat(Pods.isTerminating(pod("web"))).isTrue();
        assertThat(ready("n2")).isEqualTo("True");
    }

    @Test
    void aNodeThatReturnsInTimeKeepsItsPods() {
        join("n1", "n2");
        run("web", "n1", Map.of());
        vanish("n1");
        cluster.pass(Duration.ofSeconds(30));
        comeBack("n1");
        cluster.pass(Duration.ofSeconds(60));
        assertThat(taints("n1")).isEmpty();
        assertThat(Pods.isTerminating(pod("web"))).isFalse();
    }

    @Test
    void anAgentThatSaysItIsNotReadyGetsTheOtherTaint() {
        join("n1", "n2");
        cluster.objects.edit(
                NODES,
                null,
                "n1",
                node -> node.getStatus().getConditions().getFirst().setStatus("False"));
        cluster.settle();
        assertThat(taints("n1")).containsExactly("node.kubernetes.io/not-ready");
    }

    @Test
    void podsStayAsLongAsTheirTolerationsSay() {
        join("n1", "n2");
        for (String name : List.of("short", "forever")) {
            Pod pod = Manifests.pod(name, Map.of());
            TolerationBuilder toleration = new TolerationBuilder()
                    .withKey("node.kubernetes.io/unreachable")
                    .withOperator("Exists")
                    .withEffect("NoExecute");
            if (name.equals("short")) {
                toleration.withTolerationSeconds(3L);
            }
            pod.getSpec().setTolerations(List.of(toleration.build()));
            cluster.makeReady(cluster.objects.create(PODS, pod, cluster.fence), "n1", "10.0.0.1");
        }
        vanish("n1");
        cluster.pass(Duration.ofSeconds(20));
        assertThat(Pods.isTerminating(pod("short"))).isTrue();
        cluster.pass(Duration.ofMinutes(10));
        assertThat(Pods.isTerminating(pod("forever"))).isFalse();
    }

    @Test
    void podsThatMustNotRunTwiceWaitAndSaySoUntilTheNodeIsFenced() {
        join("n1", "n2");
        run("db", "n1", Map.of("gantry.dev/at-most-one", "true"));
        vanish("n1");
        cluster.pass(Duration.ofMinutes(5));
        assertThat(Pods.isTerminating(pod("db"))).isFalse();
        assertThat(Pods.condition(pod("db"), UnreachablePods.WAITING)
                        .orElseThrow()
                        .getMessage())
                .contains("n1", "gantry node fence");

        cluster.objects.edit(NODES, null, "n1", node -> {
            List<Taint> taints = new ArrayList<>(node.getSpec().getTaints());
            taints.add(new TaintBuilder()
                    .withKey(NodeLifePlanner.FENCED)
                    .withEffect("NoExecute")
                    .build());
            node.getSpec().setTaints(taints);
        });
        cluster.pass(Duration.ofSeconds(10));
        assertThat(cluster.pods("default")).isEmpty();
    }

    @Test
    void aReturnedNodesPodNoLongerSaysThatItWaits() {
        join("n1", "n2");
        run("db", "n1", Map.of("gantry.dev/at-most-one", "true"));
        vanish("n1");
        cluster.pass(Duration.ofMinutes(1));
        comeBack("n1");
        assertThat(Pods.condition(pod("db"), UnreachablePods.WAITING)).isEmpty();
    }

    @Test
    void evictionStopsWithAnAlarmWhenMoreThanHalfVanishAndGoesOnWhenSomeReturn() {
        join("n1", "n2", "n3");
        run("web", "n1", Map.of());
        vanish("n1", "n2");
        cluster.pass(Duration.ofMinutes(5));
        assertThat(Pods.isTerminating(pod("web"))).isFalse();
        assertThat(cluster.objects.list(EVENTS, null).stream()
                        .filter(event -> event.getReason().equals("EvictionStopped")))
                .singleElement()
                .extracting(Event::getMessage)
                .asString()
                .startsWith("2 of 3 nodes can't be heard");
        comeBack("n2");
        cluster.pass(Duration.ofSeconds(10));
        assertThat(Pods.isTerminating(pod("web"))).isTrue();
    }

    @Test
    void aNewLeaderStartsTheClocksAnew() {
        join("n1", "n2");
        run("web", "n1", Map.of());
        vanish("n1");
        cluster.pass(Duration.ofSeconds(38));
        assertThat(Pods.isTerminating(pod("web"))).isFalse();
        cluster.restart();
        cluster.pass(Duration.ofSeconds(24));
        assertThat(Pods.isTerminating(pod("web"))).isFalse();
        cluster.pass(Duration.ofSeconds(17));
        assertThat(Pods.isTerminating(pod("web"))).isTrue();
    }

    @Test
    void aLeaderThatWasStoppedItselfDoesNotBlameTheNodes() {
        join("n1", "n2");
        run("web", "n1", Map.of());
        vanish("n1", "n2");
        cluster.advance(Duration.ofMinutes(10));
        assertThat(ready("n1")).isEqualTo("True");
        alive.addAll(Set.of("n1", "n2"));
        cluster.pass(Duration.ofMinutes(2));
        assertThat(Pods.isTerminating(pod("web"))).isFalse();
        assertThat(ready("n1")).isEqualTo("True");
    }

    @Test
    void nothingIsWrittenWhileNothingChanges() {
        join("n1", "n2", "n3");
        run("web", "n1", Map.of());
        vanish("n3");
        cluster.pass(Duration.ofMinutes(1));
        long writes = cluster.objects.writes();
        cluster.pass(Duration.ofMinutes(10));
        assertThat(cluster.objects.writes()).isEqualTo(writes);
    }
}
