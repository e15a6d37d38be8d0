package dev.gantry.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The scheduler beside a plain oracle that keeps its own books and knows the rules a second time. */
class SchedulerPropertiesTest {
    private static final Taint TAINT = new Taint("dedicated", "db", Taint.Effect.NO_SCHEDULE);

    record Case(List<NodeFacts> nodes, List<PlacedPod> placed, List<PendingPod> pending) {}

    @Property(tries = 400)
    void placesWhereThePlainOracleWouldAllowItAndOnlyThen(@ForAll("cases") Case given, @ForAll long seed) {
        Map<String, List<PlacedPod>> books = new HashMap<>();
        given.placed.forEach(pod ->
                books.computeIfAbsent(pod.nodeName(), _ -> new ArrayList<>()).add(pod));

        List<Placement> placements =
                Scheduler.standard().place(new Snapshot(given.nodes, given.placed), given.pending, seed);

        assertThat(placements).hasSameSizeAs(given.pending);
        for (int i = 0; i < placements.size(); i++) {
            PendingPod pod = given.pending.get(i);
            List<String> allowed = given.nodes.stream()
                    .filter(node -> fits(pod, node, books.getOrDefault(node.name(), List.of())))
                    .map(NodeFacts::name)
                    .toList();
            switch (placements.get(i)) {
                case Placement.Placed(PendingPod placedPod, String node) -> {
                    assertThat(placedPod).isEqualTo(pod);
                    assertThat(allowed).contains(node);
                    books.computeIfAbsent(node, _ -> new ArrayList<>()).add(pod.placedOn(node));
                }
                case Placement.Unplaced(PendingPod _, Explanation why) -> {
                    assertThat(allowed).isEmpty();
                    assertThat(why.rejections()).hasSize(given.nodes.size());
                    assertThat(why.rejections().values())
                            .allSatisfy(list -> assertThat(list).isNotEmpty());
                    assertThat(why.sentence()).startsWith("0 of " + given.nodes.size() + " node");
                }
            }
        }
    }

    @Property(tries = 100)
    void theSameInputAndSeedGiveTheSameAnswerWhateverTheOrderOfNodes(@ForAll("cases") Case given, @ForAll long seed) {
        Snapshot snapshot = new Snapshot(given.nodes, given.placed);
        Snapshot reversed = new Snapshot(given.nodes.reversed(), given.placed.reversed());

        assertThat(Scheduler.standard().place(snapshot, given.pending, seed).toString())
                .isEqualTo(Scheduler.standard()
                        .place(reversed, given.pending, seed)
                        .toString());
    }

    private static boolean fits(PendingPod pod, NodeFacts node, List<PlacedPod> there) {
        long cpu =
                there.stream().mapToLong(other -> other.requests().milliCpu()).sum()
                        + pod.requests().milliCpu();
        long memory = there.stream()
                        .mapToLong(other -> other.requests().memoryBytes())
                        .sum()
                + pod.requests().memoryBytes();
        boolean tolerates = node.taints().isEmpty()
                || pod.tolerations().stream()
                        .anyMatch(toleration -> toleration.key().equals("dedicated"));
        boolean portsFree = there.stream()
                .flatMap(other -> other.hostPorts().stream())
                .noneMatch(port -> pod.hostPorts().stream().anyMatch(own -> own.port() == port.port()));
        return node.ready()
                && !node.cordoned()
                && tolerates
                && portsFree
                && (pod.nodeName() == null || node.name().equals(pod.nodeName()))
                && node.labels().entrySet().containsAll(pod.nodeSelector().entrySet())
                && (pod.requests().milliCpu() == 0 || cpu <= node.allocatable().milliCpu())
                && (pod.requests().memoryBytes() == 0
                        || memory <= node.allocatable().memoryBytes())
                && there.size() + 1 <= node.allocatable().pods();
    }

    @Provide
    Arbitrary<Case> cases() {
        return Combinators.combine(nodes(), placed(), pending()).as(Case::new);
    }

    private static Arbitrary<List<NodeFacts>> nodes() {
        Arbitrary<Boolean> rarely = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(5, Arbitraries.just(false)), net.jqwik.api.Tuple.of(1, Arbitraries.just(true)));
        return Combinators.combine(
                        Arbitraries.integers().between(0, 3).map(i -> "n" + i),
                        Arbitraries.of("ssd", "hdd"),
                        rarely,
                        rarely,
                        rarely,
                        Arbitraries.longs().between(1, 10),
                        Arbitraries.longs().between(1, 10),
                        Arbitraries.longs().between(1, 5))
                .as((name, disk, tainted, cordoned, unready, cpu, memory, pods) -> new NodeFacts(
                        name,
                        Map.of("disk", disk),
                        tainted ? List.of(TAINT) : List.of(),
                        cordoned,
                        !unready,
                        Resources.of(cpu, memory).withPods(pods),
                        Map.of("web:1", cpu)))
                .list()
                .ofMaxSize(4)
                .map(list -> {
                    Map<String, NodeFacts> byName = new TreeMap<>();
                    list.forEach(node -> byName.put(node.name(), node));
                    return List.copyOf(byName.values());
                });
    }

    private static Arbitrary<List<PlacedPod>> placed() {
        return Combinators.combine(Arbitraries.integers().between(0, 4), amounts(), ports())
                .as((node, requests, ports) -> new PlacedPod("p" + node, "rs", "n" + node, requests, ports))
                .list()
                .ofMaxSize(6);
    }

    private static Arbitrary<List<PendingPod>> pending() {
        return Combinators.combine(
                        Arbitraries.strings().alpha().ofLength(4),
                        amounts(),
                        ports(),
                        Arbitraries.of("n1", "n9").injectNull(0.8),
                        Arbitraries.of(Map.of(), Map.of("disk", "ssd")),
                        Arbitraries.of(true, false))
                .as((uid, requests, ports, node, selector, tolerates) -> new PendingPod(
                        uid,
                        "default",
                        uid,
                        "rs",
                        requests,
                        node,
                        Map.copyOf(selector.entrySet().stream()
                                .collect(java.util.stream.Collectors.toMap(
                                        entry -> (String) entry.getKey(), entry -> (String) entry.getValue()))),
                        List.of(),
                        List.of(),
                        tolerates ? List.of(new Toleration("dedicated", true, "", null)) : List.of(),
                        ports,
                        List.of("web:1")))
                .list()
                .ofMaxSize(6);
    }

    private static Arbitrary<Resources> amounts() {
        return Combinators.combine(
                        Arbitraries.longs().between(0, 5), Arbitraries.longs().between(0, 5))
                .as((cpu, memory) -> Resources.of(cpu, memory).withPods(1));
    }

    private static Arbitrary<List<HostPort>> ports() {
        return Arbitraries.integers()
                .between(80, 82)
                .map(port -> new HostPort("", "TCP", port))
                .list()
                .ofMaxSize(1);
    }
}
