package dev.gantry.controlplane.resource.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.Problems;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Pattern;

/** Quantities of resources (Kubernetes, "Quantity"). */
final class Amounts {
    private static final Pattern SYNTAX =
            Pattern.compile("[+-]?(\\d+|\\d+\\.\\d*|\\.\\d+)([eE][-+]?\\d{1,3}|[KMGTPE]i|[numkMGTPE])?");

    private Amounts() {}

    /** The amount as a plain number; empty when it is none. */
    static Optional<BigDecimal> parse(JsonNode quantity) {
        String text = quantity.asText();
        if (text.length() > 64 || !SYNTAX.matcher(text).matches()) {
            return Optional.empty();
        }
        return Optional.of(new Quantity(text.startsWith("+") ? text.substring(1) : text).getNumericalAmount());
    }

    static void validate(String field, JsonNode quantity, Problems problems) {
        Optional<BigDecimal> amount = parse(quantity);
        if (amount.isEmpty()) {
            problems.invalid(
                    field,
                    quantity.asText(),
                    "not a quantity: expected a number with an optional unit, such as 500m, 2 or 64Mi");
        } else if (amount.get().signum() < 0) {
            problems.invalid(field, quantity.asText(), "must be greater than or equal to 0");
        }
    }

    static void validateResources(JsonNode resources, String path, Problems problems) {
        for (String kind : java.util.List.of("requests", "limits")) {
            resources.path(kind).properties().forEach(entry -> {
                String field = path + "." + kind + "[" + entry.getKey() + "]";
                if (!Names.isQualifiedName(entry.getKey())) {
                    problems.invalid(field, entry.getKey(), "not the name of a resource, such as cpu or memory");
                }
                validate(field, entry.getValue(), problems);
            });
        }
        resources.path("requests").properties().forEach(entry -> {
            Optional<BigDecimal> request = parse(entry.getValue());
            Optional<BigDecimal> limit = parse(resources.path("limits").path(entry.getKey()));
            if (request.isPresent() && limit.isPresent() && request.get().compareTo(limit.get()) > 0) {
                problems.invalid(
                        path + ".requests",
                        entry.getValue().asText(),
                        "must be less than or equal to %s limit of %s"
                                .formatted(
                                        entry.getKey(),
                                        resources
                                                .path("limits")
                                                .path(entry.getKey())
                                                .asText()));
            }
        });
    }
}
