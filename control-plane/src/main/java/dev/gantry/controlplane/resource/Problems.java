package dev.gantry.controlplane.resource;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Everything that is wrong with an object, worded as Kubernetes words it, each with its field. Not safe for use by several threads. */
public final class Problems {
    private final List<ApiException.Cause> causes = new ArrayList<>();

    public void required(String field, String why) {
        add("FieldValueRequired", field, "Required value" + (why.isEmpty() ? "" : ": " + why));
    }

    public void invalid(String field, Object value, String why) {
        add("FieldValueInvalid", field, "Invalid value: %s: %s".formatted(quoted(value), why));
    }

    public void unsupported(String field, Object value, Collection<String> supported) {
        String all = String.join(
                ", ",
                supported.stream().sorted().map(each -> "\"" + each + "\"").toList());
        add(
                "FieldValueNotSupported",
                field,
                "Unsupported value: %s: supported values: %s".formatted(quoted(value), all));
    }

    public void duplicate(String field, Object value) {
        add("FieldValueDuplicate", field, "Duplicate value: " + quoted(value));
    }

    public void forbidden(String field, String why) {
        add("FieldValueForbidden", field, "Forbidden: " + why);
    }

    public void wrongType(String field, String why) {
        add("FieldValueTypeInvalid", field, why);
    }

    public void notFound(String field, Object value) {
        add("FieldValueNotFound", field, "Not found: " + quoted(value));
    }

    public void add(String reason, String field, String message) {
        causes.add(new ApiException.Cause(reason, message, field));
    }

    public boolean isEmpty() {
        return causes.isEmpty();
    }

    public List<ApiException.Cause> causes() {
        return List.copyOf(causes);
    }

    /** Bounded: a value may be a megabyte of somebody's secret. */
    private static String quoted(Object value) {
        String text = String.valueOf(value);
        String shown = text.length() > 100 ? text.substring(0, 100) + "…" : text;
        return value instanceof Number || value instanceof Boolean ? shown : "\"" + shown + "\"";
    }
}
