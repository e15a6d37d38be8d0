package dev.gantry.scheduler.filter;

import static java.util.stream.Collectors.joining;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.NodeRequirement;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.NodeTerm;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import java.util.List;
import java.util.stream.Stream;

/** One of the required node affinity terms must match. */
public final class NodeAffinityFilter implements Filter {
    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        List<NodeTerm> terms = pod.requiredTerms();
        if (terms.isEmpty() || terms.stream().anyMatch(term -> term.matches(node.facts()))) {
            return List.of();
        }
        String text = terms.stream().map(NodeAffinityFilter::describe).collect(joining("; or "));
        return List.of(new Rejection.Unfit(Reason.NODE_AFFINITY, text));
    }

    private static String describe(NodeTerm term) {
        return Stream.concat(term.labels().stream(), term.fields().stream())
                .map(NodeRequirement::toString)
                .collect(joining(" and "));
    }
}
