package dev.gantry.scheduler.score;

import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.NodeTerm;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Score;
import java.util.List;

/** Sums the weights of the preferred node affinity terms that match; the best node has 100. */
public final class PreferredAffinityScore implements Score {
    @Override
    public double weight() {
        return 2;
    }

    @Override
    public double[] scores(PendingPod pod, List<NodeState> nodes) {
        double[] scores = new double[nodes.size()];
        double best = 0;
        for (int i = 0; i < scores.length; i++) {
            for (NodeTerm.Weighted preferred : pod.preferredTerms()) {
                if (preferred.term().matches(nodes.get(i).facts())) {
                    scores[i] += preferred.weight();
                }
            }
            best = Math.max(best, scores[i]);
        }
        for (int i = 0; best > 0 && i < scores.length; i++) {
            scores[i] = 100 * scores[i] / best;
        }
        return scores;
    }
}
