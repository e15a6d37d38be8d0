package dev.gantry.scheduler;

import java.util.List;
import java.util.Map;

/**
 * Conditions that must all hold. A term without any matches no node, as in Kubernetes.
 *
 * @param labels conditions on the node's labels
 * @param fields conditions on the node's fields; {@code metadata.name} is the only one there is
 */
public record NodeTerm(List<NodeRequirement> labels, List<NodeRequirement> fields) {
    public NodeTerm {
        labels = List.copyOf(labels);
        fields = List.copyOf(fields);
    }

    public boolean matches(NodeFacts node) {
        if (labels.isEmpty() && fields.isEmpty()) {
            return false;
        }
        Map<String, String> fieldValues = Map.of("metadata.name", node.name());
        return labels.stream().allMatch(requirement -> requirement.matches(node.labels()))
                && fields.stream().allMatch(requirement -> requirement.matches(fieldValues));
    }

    /** A term that adds its weight to the score of nodes it matches. */
    public record Weighted(NodeTerm term, int weight) {}
}
