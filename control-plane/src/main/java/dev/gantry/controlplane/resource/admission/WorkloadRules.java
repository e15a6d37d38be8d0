package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;
import static dev.gantry.controlplane.resource.admission.Trees.setDefault;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;
import dev.gantry.controlplane.resource.select.LabelSelector;
import java.util.Set;
import java.util.function.Consumer;

/** What Deployments and ReplicaSets have in common: replicas, a selector and a template that it selects. */
public class WorkloadRules implements KindRules {
    @Override
    public void applyDefaults(ObjectNode workload) {
        ObjectNode spec = child(workload, "spec");
        setDefault(spec, "replicas", 1);
        if (spec.get("template") instanceof ObjectNode template) {
            PodDefaults.apply(child(template, "spec"));
        }
    }

    @Override
    public void validate(ObjectNode workload, Problems problems) {
        JsonNode spec = workload.path("spec");
        notNegative(spec, "replicas", problems);
        notNegative(spec, "minReadySeconds", problems);
        JsonNode template = spec.path("template");
        if (!template.isObject()) {
            problems.required("spec.template", "");
            validateSelector(spec.path("selector"), problems);
            return;
        }
        MetadataRules.validateLabels(
                "spec.template.metadata.labels", template.path("metadata").path("labels"), problems);
        if (validateSelector(spec.path("selector"), problems)
                && !LabelSelector.fromTree(spec.path("selector"))
                        .matches(template.path("metadata").path("labels"))) {
            problems.invalid(
                    "spec.template.metadata.labels",
                    template.path("metadata").path("labels").toString(),
                    "`selector` does not match template `labels`");
        }
        PodValidation.validate(template.path("spec"), "spec.template.spec", problems);
        String restartPolicy = text(template.path("spec"), "restartPolicy");
        if (template.path("spec").isObject() && !restartPolicy.equals("Always")) {
            problems.unsupported("spec.template.spec.restartPolicy", restartPolicy, Set.of("Always"));
        }
    }

    /** @return whether the selector can be used */
    private static boolean validateSelector(JsonNode selector, Problems problems) {
        if (selector.path("matchLabels").isEmpty()
                && selector.path("matchExpressions").isEmpty()) {
            problems.required("spec.selector", "at least one label: an empty selector would select every pod");
            return false;
        }
        MetadataRules.validateLabels("spec.selector.matchLabels", selector.path("matchLabels"), problems);
        boolean usable = true;
        JsonNode expressions = selector.path("matchExpressions");
        for (int i = 0; i < expressions.size(); i++) {
            String field = "spec.selector.matchExpressions[%d]".formatted(i);
            String operator = text(expressions.get(i), "operator");
            Set<String> operators = Set.of("In", "NotIn", "Exists", "DoesNotExist");
            if (!operators.contains(operator)) {
                problems.unsupported(field + ".operator", operator, operators);
                usable = false;
            }
            if (operator.endsWith("In") && expressions.get(i).path("values").isEmpty()) {
                problems.required(field + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
            }
        }
        return usable;
    }

    private static void notNegative(JsonNode spec, String field, Problems problems) {
        if (spec.path(field).asInt(0) < 0) {
            problems.invalid("spec." + field, spec.path(field).asInt(), "must be greater than or equal to 0");
        }
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode updated, Problems problems) {
        if (!old.path("spec").path("selector").equals(updated.path("spec").path("selector"))) {
            problems.invalid(
                    "spec.selector", updated.path("spec").path("selector").toString(), "field is immutable");
        }
    }

    @Override
    public void warn(ObjectNode workload, Consumer<String> warnings) {
        Unhonoured.warn(workload.path("spec").path("template").path("spec"), "spec.template.spec", warnings);
    }
}
