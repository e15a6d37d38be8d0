package dev.gantry.scheduler.score;

import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Score;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Prefers nodes that hold the pod's images, by the share of bytes that need not be pulled. Images that no node holds don't count. */
public final class ImageLocalityScore implements Score {
    @Override
    public double weight() {
        return 1;
    }

    @Override
    public double[] scores(PendingPod pod, List<NodeState> nodes) {
        Map<String, Long> sizes = new HashMap<>();
        for (String image : pod.images()) {
            for (NodeState node : nodes) {
                Long bytes = node.facts().images().get(image);
                if (bytes != null) {
                    sizes.merge(image, bytes, Math::max);
                }
            }
        }
        double total = sizes.values().stream().mapToDouble(Long::doubleValue).sum();
        double[] scores = new double[nodes.size()];
        for (int i = 0; total > 0 && i < scores.length; i++) {
            Map<String, Long> held = nodes.get(i).facts().images();
            double present = sizes.entrySet().stream()
                    .filter(entry -> held.containsKey(entry.getKey()))
                    .mapToDouble(Map.Entry::getValue)
                    .sum();
            scores[i] = 100 * present / total;
        }
        return scores;
    }
}
