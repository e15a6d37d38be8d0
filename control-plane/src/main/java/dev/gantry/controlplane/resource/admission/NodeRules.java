package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Nodes. */
public final class NodeRules implements KindRules {
    @Override
    public boolean hasGeneration() {
        return false;
    }

    @Override
    public void validate(ObjectNode node, Problems problems) {
        List<ObjectNode> taints = objects(node.path("spec").path("taints"));
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < taints.size(); i++) {
            ObjectNode taint = taints.get(i);
            String field = "spec.taints[%d]".formatted(i);
            if (!Names.isQualifiedName(text(taint, "key"))) {
                problems.invalid(field + ".key", text(taint, "key"), "not a qualified name, such as example.com/name");
            }
            if (!Names.isLabelValue(text(taint, "value"))) {
                problems.invalid(field + ".value", text(taint, "value"), "not a label's value");
            }
            PodValidation.oneOf(
                    field + ".effect",
                    text(taint, "effect"),
                    Set.of("NoSchedule", "PreferNoSchedule", "NoExecute"),
                    problems);
            if (!seen.add(text(taint, "key") + ":" + text(taint, "effect"))) {
                problems.duplicate(field, text(taint, "key") + ":" + text(taint, "effect"));
            }
        }
    }
}
