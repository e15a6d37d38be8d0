package dev.gantry.controlplane.resource.select;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which labels an object must carry; all requirements hold (Kubernetes, "Labels and Selectors").
 *
 * @param requirements none means everything
 */
public record LabelSelector(List<Requirement> requirements) {
    public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

    private static final String KEY = "([-A-Za-z0-9_./]+)";
    private static final Pattern SET = Pattern.compile(KEY + "\\s+(in|notin)\\s*\\(([-A-Za-z0-9_.,\\s]*)\\)");
    private static final Pattern EQUALITY = Pattern.compile(KEY + "\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)");
    private static final Pattern EXISTENCE = Pattern.compile("(!?)\\s*" + KEY);

    public LabelSelector {
        requirements = List.copyOf(requirements);
    }

    enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        NOT_EXISTS
    }

    record Requirement(String key, Operator operator, Set<String> values) {
        boolean matches(@Nullable String value) {
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case NOT_EXISTS -> value == null;
            };
        }
    }

    /**
     * Parses {@code app=web,tier!=db,env in (a, b),!legacy}.
     *
     * @throws ApiException 400 naming the part that is not a requirement
     */
    public static LabelSelector parse(String text) {
        List<Requirement> requirements = new ArrayList<>();
        for (String part : split(text)) {
            requirements.add(requirement(part.strip()));
        }
        return new LabelSelector(requirements);
    }

    /** The selector of an object: {@code matchLabels} and {@code matchExpressions}. */
    public static LabelSelector fromTree(JsonNode selector) {
        List<Requirement> requirements = new ArrayList<>();
        selector.path("matchLabels")
                .properties()
                .forEach(entry -> requirements.add(new Requirement(
                        entry.getKey(), Operator.IN, Set.of(entry.getValue().asText()))));
        for (JsonNode expression : selector.path("matchExpressions")) {
            Set<String> values = new TreeSet<>();
            expression.path("values").forEach(value -> values.add(value.asText()));
            Operator operator = switch (expression.path("operator").asText()) {
                case "In" -> Operator.IN;
                case "NotIn" -> Operator.NOT_IN;
                case "Exists" -> Operator.EXISTS;
                case "DoesNotExist" -> Operator.NOT_EXISTS;
                default -> throw ApiException.badRequest("unknown operator in " + expression);
            };
            requirements.add(new Requirement(expression.path("key").asText(), operator, values));
        }
        return new LabelSelector(requirements);
    }

    /** @param labels the labels as a JSON object; missing means none */
    public boolean matches(JsonNode labels) {
        for (Requirement requirement : requirements) {
            JsonNode value = labels.get(requirement.key());
            if (!requirement.matches(value == null || value.isNull() ? null : value.asText())) {
                return false;
            }
        }
        return true;
    }

    /** The selector as a query takes it. */
    public String text() {
        return String.join(
                ",",
                requirements.stream()
                        .map(requirement -> switch (requirement.operator()) {
                            case IN ->
                                requirement.values().size() == 1
                                        ? requirement.key() + "="
                                                + requirement
                                                        .values()
                                                        .iterator()
                                                        .next()
                                        : requirement.key() + " in (" + String.join(",", requirement.values()) + ")";
                            case NOT_IN ->
                                requirement.key() + " notin (" + String.join(",", requirement.values()) + ")";
                            case EXISTS -> requirement.key();
                            case NOT_EXISTS -> "!" + requirement.key();
                        })
                        .toList());
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (c == ',' && depth == 0) {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        if (!text.isBlank()) {
            parts.add(text.substring(start));
        }
        return parts;
    }

    private static Requirement requirement(String text) {
        Matcher set = SET.matcher(text);
        if (set.matches()) {
            Set<String> values = new TreeSet<>();
            for (String value : set.group(3).split(",", -1)) {
                values.add(value.strip());
            }
            return new Requirement(set.group(1), set.group(2).equals("in") ? Operator.IN : Operator.NOT_IN, values);
        }
        Matcher equality = EQUALITY.matcher(text);
        if (equality.matches()) {
            Operator operator = equality.group(2).equals("!=") ? Operator.NOT_IN : Operator.IN;
            return new Requirement(equality.group(1), operator, Set.of(equality.group(3)));
        }
        Matcher existence = EXISTENCE.matcher(text);
        if (existence.matches()) {
            Operator operator = existence.group(1).isEmpty() ? Operator.EXISTS : Operator.NOT_EXISTS;
            return new Requirement(existence.group(2), operator, Set.of());
        }
        throw ApiException.badRequest(
                "unable to parse the label selector's requirement \"%s\": expected key=value, key!=value, key in (a,b), key notin (a,b), key or !key"
                        .formatted(text));
    }
}
