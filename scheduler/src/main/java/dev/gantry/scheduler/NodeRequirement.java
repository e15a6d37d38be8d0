package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One condition on a node's labels or fields.
 *
 * @param values for Gt and Lt exactly one, an integer
 */
public record NodeRequirement(String key, Operator operator, List<String> values) {
    /** Kubernetes' node selector operators. */
    public enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        DOES_NOT_EXIST,
        GT,
        LT
    }

    public NodeRequirement {
        requireNonNull(key, "key is null");
        requireNonNull(operator, "operator is null");
        values = List.copyOf(values);
    }

    public boolean matches(Map<String, String> labels) {
        String actual = labels.get(key);
        return switch (operator) {
            case IN -> actual != null && values.contains(actual);
            case NOT_IN -> actual == null || !values.contains(actual);
            case EXISTS -> actual != null;
            case DOES_NOT_EXIST -> actual == null;
            case GT -> compare(actual) > 0;
            case LT -> compare(actual) < 0;
        };
    }

    /** 0 when either side is no integer: then neither Gt nor Lt holds. */
    private int compare(@Nullable String actual) {
        if (actual == null || values.size() != 1) {
            return 0;
        }
        try {
            return Long.compare(Long.parseLong(actual), Long.parseLong(values.getFirst()));
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    /** As users read it: {@code disk in (ssd, nvme)}. */
    @Override
    public String toString() {
        String list = "(" + String.join(", ", values) + ")";
        return switch (operator) {
            case IN -> key + " in " + list;
            case NOT_IN -> key + " not in " + list;
            case EXISTS -> key;
            case DOES_NOT_EXIST -> "!" + key;
            case GT -> key + " > " + String.join(", ", values);
            case LT -> key + " < " + String.join(", ", values);
        };
    }
}
