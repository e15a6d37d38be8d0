package dev.gantry.controlplane.controller.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Label selectors of specs. */
public final class Selectors {
    private Selectors() {}

    /** An empty or missing selector matches nothing here: a controller never takes everything. */
    public static boolean matches(@Nullable LabelSelector selector, HasMetadata object) {
        if (selector == null) {
            return false;
        }
        Map<String, String> equal = orEmpty(selector.getMatchLabels());
        List<LabelSelectorRequirement> expressions =
                selector.getMatchExpressions() == null ? List.of() : selector.getMatchExpressions();
        if (equal.isEmpty() && expressions.isEmpty()) {
            return false;
        }
        Map<String, String> labels = labels(object);
        return labels.entrySet().containsAll(equal.entrySet())
                && expressions.stream().allMatch(expression -> matches(expression, labels));
    }

    /** As a Service's selector; an empty one matches nothing. */
    public static boolean matches(@Nullable Map<String, String> selector, HasMetadata object) {
        return selector != null
                && !selector.isEmpty()
                && labels(object).entrySet().containsAll(selector.entrySet());
    }

    private static boolean matches(LabelSelectorRequirement expression, Map<String, String> labels) {
        String actual = labels.get(expression.getKey());
        List<String> values = expression.getValues() == null ? List.of() : expression.getValues();
        return switch (expression.getOperator()) {
            case "In" -> actual != null && values.contains(actual);
            case "NotIn" -> actual == null || !values.contains(actual);
            case "Exists" -> actual != null;
            case "DoesNotExist" -> actual == null;
            default -> false;
        };
    }

    public static Map<String, String> labels(HasMetadata object) {
        return orEmpty(object.getMetadata().getLabels());
    }

    public static Map<String, String> annotations(HasMetadata object) {
        return orEmpty(object.getMetadata().getAnnotations());
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
