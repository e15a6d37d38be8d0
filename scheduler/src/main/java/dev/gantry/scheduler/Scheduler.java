package dev.gantry.scheduler;

import dev.gantry.scheduler.filter.CordonFilter;
import dev.gantry.scheduler.filter.HostPortFilter;
import dev.gantry.scheduler.filter.NodeAffinityFilter;
import dev.gantry.scheduler.filter.NodeNameFilter;
import dev.gantry.scheduler.filter.NodeReadyFilter;
import dev.gantry.scheduler.filter.NodeSelectorFilter;
import dev.gantry.scheduler.filter.ResourceFilter;
import dev.gantry.scheduler.filter.TaintFilter;
import dev.gantry.scheduler.score.BalancedAllocationScore;
import dev.gantry.scheduler.score.ImageLocalityScore;
import dev.gantry.scheduler.score.LeastAllocatedScore;
import dev.gantry.scheduler.score.OwnerSpreadScore;
import dev.gantry.scheduler.score.PreferredAffinityScore;
import dev.gantry.scheduler.score.TaintScore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Places pods one after another, each seeing those placed before it. Cheap filters come first, and a node is asked no further once one has refused,
 * so that every node is explained by its first obstacle. Equal scores are decided by a hash of seed, pod and node. Immutable.
 */
public final class Scheduler {
    private final List<Filter> filters;
    private final List<Score> scores;

    public Scheduler(List<Filter> filters, List<Score> scores) {
        this.filters = List.copyOf(filters);
        this.scores = List.copyOf(scores);
    }

    /** The rules of Gantry: Kubernetes' hard rules, and its soft ones with its weights. */
    public static Scheduler standard() {
        return new Scheduler(
                List.of(
                        new NodeNameFilter(),
                        new CordonFilter(),
                        new NodeReadyFilter(),
                        new TaintFilter(),
                        new NodeSelectorFilter(),
                        new NodeAffinityFilter(),
                        new HostPortFilter(),
                        new ResourceFilter()),
                List.of(
                        new LeastAllocatedScore(),
                        new BalancedAllocationScore(),
                        new ImageLocalityScore(),
                        new PreferredAffinityScore(),
                        new TaintScore(),
                        new OwnerSpreadScore()));
    }

    /**
     * @param pending in the order in which they are placed
     * @param seed decides between equal nodes; the same seed and input give the same answer
     * @return one placement for each pending pod, in the same order
     */
    public List<Placement> place(Snapshot snapshot, List<PendingPod> pending, long seed) {
        Map<String, NodeState> nodes = nodeStates(snapshot);
        List<Placement> placements = new ArrayList<>(pending.size());
        for (PendingPod pod : pending) {
            Placement placement = place(List.copyOf(nodes.values()), pod, seed);
            if (placement instanceof Placement.Placed(PendingPod _, String nodeName)) {
                NodeState node = nodes.get(nodeName);
                if (node != null) {
                    node.add(pod.placedOn(nodeName));
                }
            }
            placements.add(placement);
        }
        return placements;
    }

    private static Map<String, NodeState> nodeStates(Snapshot snapshot) {
        Map<String, NodeState> nodes = new LinkedHashMap<>();
        snapshot.nodes().stream()
                .sorted(Comparator.comparing(NodeFacts::name))
                .forEach(facts -> nodes.put(facts.name(), new NodeState(facts)));
        for (PlacedPod pod : snapshot.pods()) {
            NodeState node = nodes.get(pod.nodeName());
            if (node != null) {
                node.add(pod);
            }
        }
        return nodes;
    }

    private Placement place(List<NodeState> nodes, PendingPod pod, long seed) {
        List<NodeState> fitting = new ArrayList<>();
        Map<String, List<Rejection>> rejections = new HashMap<>();
        for (NodeState node : nodes) {
            List<Rejection> refused = firstRejections(pod, node);
            if (refused.isEmpty()) {
                fitting.add(node);
            } else {
                rejections.put(node.facts().name(), refused);
            }
        }
        if (fitting.isEmpty()) {
            return new Placement.Unplaced(pod, new Explanation(rejections));
        }
        return new Placement.Placed(pod, best(fitting, pod, seed));
    }

    private List<Rejection> firstRejections(PendingPod pod, NodeState node) {
        for (Filter filter : filters) {
            List<Rejection> refused = filter.rejections(pod, node);
            if (!refused.isEmpty()) {
                return refused;
            }
        }
        return List.of();
    }

    private String best(List<NodeState> nodes, PendingPod pod, long seed) {
        double[] totals = new double[nodes.size()];
        if (nodes.size() > 1) {
            for (Score score : scores) {
                double[] values = score.scores(pod, nodes);
                for (int i = 0; i < totals.length; i++) {
                    totals[i] += score.weight() * values[i];
                }
            }
        }
        int best = 0;
        for (int i = 1; i < totals.length; i++) {
            int comparison = Double.compare(totals[i], totals[best]);
            if (comparison > 0
                    || (comparison == 0 && tieBreak(seed, pod, nodes.get(i)) > tieBreak(seed, pod, nodes.get(best)))) {
                best = i;
            }
        }
        return nodes.get(best).facts().name();
    }

    /** The finaliser of SplitMix64 over the seed and the names' hash codes, which the language specifies. */
    private static long tieBreak(long seed, PendingPod pod, NodeState node) {
        long mixed = seed
                + 0x9E3779B97F4A7C15L
                        * (31L * pod.uid().hashCode() + node.facts().name().hashCode());
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
