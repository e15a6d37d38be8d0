package dev.gantry.scheduler;

import static dev.gantry.scheduler.Fleet.cordoned;
import static dev.gantry.scheduler.Fleet.holding;
import static dev.gantry.scheduler.Fleet.labelled;
import static dev.gantry.scheduler.Fleet.node;
import static dev.gantry.scheduler.Fleet.notReady;
import static dev.gantry.scheduler.Fleet.pod;
import static dev.gantry.scheduler.Fleet.running;
import static dev.gantry.scheduler.Fleet.tainted;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private static final Taint GPU_ONLY = new Taint("gpu", "true", Taint.Effect.NO_SCHEDULE);
    private final Scheduler scheduler = Scheduler.standard();

    private Placement place(List<NodeFacts> nodes, List<PlacedPod> pods, PendingPod pod) {
        return scheduler.place(new Snapshot(nodes, pods), List.of(pod), 1).getFirst();
    }

    private String nodeOf(List<NodeFacts> nodes, List<PlacedPod> pods, PendingPod pod) {
        assertThat(place(nodes, pods, pod)).isInstanceOf(Placement.Placed.class);
        return ((Placement.Placed) place(nodes, pods, pod)).nodeName();
    }

    private String whyNot(List<NodeFacts> nodes, List<PlacedPod> pods, PendingPod pod) {
        assertThat(place(nodes, pods, pod)).isInstanceOf(Placement.Unplaced.class);
        return ((Placement.Unplaced) place(nodes, pods, pod)).why().sentence();
    }

    @Test
    void saysInOneSentenceWithNumbersWhyAPodWaits() {
        List<NodeFacts> nodes =
                List.of(node("node-a", 1000, 4096), node("node-b", 1000, 4096), cordoned(node("node-c", 8000, 4096)));
        List<PlacedPod> pods = List.of(running("1", "node-a", 900, 10), running("2", "node-b", 820, 10));

        assertThat(whyNot(nodes, pods, pod("web").asking(300, 10).build()))
                .isEqualTo("0 of 3 nodes fit: 2 lack 300m CPU (nearest: node-b lacks 120m), 1 is cordoned");
    }

    @Test
    void countsANodeForEachResourceThatItLacks() {
        assertThat(whyNot(
                        List.of(node("a", 100, 100)),
                        List.of(),
                        pod("web").asking(2000, 1024).build()))
                .isEqualTo(
                        "0 of 1 node fits: 1 lacks 2 CPU (nearest: a lacks 1900m), 1 lacks 1Gi memory (nearest: a lacks 924Mi)");
    }

    @Test
    void saysThatThereAreNoNodes() {
        assertThat(whyNot(List.of(), List.of(), pod("web").build()))
                .isEqualTo("0 of 0 nodes fit: no node has joined the cluster");
    }

    @Test
    void namesTheTaintTheSelectorThePortAndTheAffinity() {
        NodeTerm ssd = new NodeTerm(
                List.of(new NodeRequirement("disk", NodeRequirement.Operator.IN, List.of("ssd"))), List.of());
        assertThat(whyNot(
                        List.of(tainted(node("a", 1, 1), GPU_ONLY)),
                        List.of(),
                        pod("web").build()))
                .contains("1 has a taint that the pod doesn't tolerate (gpu=true:NoSchedule)");
        assertThat(whyNot(
                        List.of(node("a", 1, 1)),
                        List.of(),
                        pod("web").selecting(Map.of("disk", "ssd")).build()))
                .contains("1 doesn't match the node selector (disk=ssd)");
        assertThat(whyNot(
                        List.of(node("a", 1, 1)),
                        List.of(),
                        pod("web").requiring(ssd).build()))
                .contains("1 doesn't match the required node affinity (disk in (ssd))");
        PlacedPod holder =
                new PlacedPod("1", "", "a", Resources.NONE.withPods(1), List.of(new HostPort("10.0.0.1", "TCP", 80)));
        assertThat(whyNot(
                        List.of(node("a", 1, 1)),
                        List.of(holder),
                        pod("web").withHostPort(80).build()))
                .contains("1 has the host port in use (80/TCP)");
        assertThat(whyNot(
                        List.of(notReady(node("a", 1, 1))),
                        List.of(),
                        pod("web").build()))
                .contains("1 is not ready");
        assertThat(whyNot(
                        List.of(node("a", 1, 1), node("b", 1, 1)),
                        List.of(),
                        pod("web").onlyOn("z").build()))
                .contains("2 are not the node asked for (z)");
    }

    @Test
    void refusesTheHundredAndEleventhPod() {
        NodeFacts small = new NodeFacts(
                "a", Map.of(), List.of(), false, true, Resources.of(1000, 1).withPods(1), Map.of());
        assertThat(whyNot(
                        List.of(small),
                        List.of(running("1", "a", 0, 0)),
                        pod("web").build()))
                .isEqualTo("0 of 1 node fits: 1 has no room for another pod");
    }

    @Test
    void countsExtendedResources() {
        Resources oneGpu = new Resources(0, 0, 0, 1, Map.of("nvidia.com/gpu", 1L));
        assertThat(whyNot(
                        List.of(node("a", 1, 1)),
                        List.of(),
                        pod("train").asking(oneGpu).build()))
                .contains("1 lacks 1 nvidia.com/gpu (nearest: a lacks 1)");
    }

    @Test
    void toleratedTaintsAndCordonsDontCount() {
        List<NodeFacts> nodes = List.of(cordoned(notReady(tainted(node("a", 1000, 1000), GPU_ONLY))));
        assertThat(nodeOf(
                        nodes,
                        List.of(),
                        pod("agent")
                                .tolerating(new Toleration("", true, "", null))
                                .build()))
                .isEqualTo("a");
    }

    @Test
    void spreadsReplicasOfOneOwner() {
        List<NodeFacts> nodes = List.of(node("a", 4000, 4096), node("b", 4000, 4096), node("c", 4000, 4096));
        List<PendingPod> replicas = IntStream.range(0, 6)
                .mapToObj(i -> pod("web-" + i).ownedBy("rs").asking(100, 100).build())
                .toList();

        List<Placement> placements = scheduler.place(new Snapshot(nodes, List.of()), replicas, 7);

        assertThat(placements.stream().map(placement -> ((Placement.Placed) placement).nodeName()))
                .containsExactlyInAnyOrder("a", "a", "b", "b", "c", "c");
    }

    @Test
    void prefersTheNodeThatHoldsTheImage() {
        List<NodeFacts> nodes =
                List.of(node("a", 4000, 4096), holding(node("b", 4000, 4096), Map.of("web:1", 50L << 20)));
        assertThat(nodeOf(nodes, List.of(), pod("web").running("web:1").build()))
                .isEqualTo("b");
    }

    @Test
    void prefersPreferredNodesAndAvoidsDiscouragedOnes() {
        NodeTerm fast = new NodeTerm(
                List.of(new NodeRequirement("speed", NodeRequirement.Operator.GT, List.of("5"))), List.of());
        List<NodeFacts> nodes = List.of(
                tainted(node("a", 4000, 4096), new Taint("slow", "", Taint.Effect.PREFER_NO_SCHEDULE)),
                node("b", 4000, 4096),
                labelled(node("c", 4000, 4096), Map.of("speed", "9")));
        assertThat(nodeOf(nodes, List.of(), pod("web").preferring(50, fast).build()))
                .isEqualTo("c");
        assertThat(nodeOf(nodes.subList(0, 2), List.of(), pod("web").build())).isEqualTo("b");
    }
}
