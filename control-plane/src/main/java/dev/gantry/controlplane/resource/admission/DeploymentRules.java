package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;
import static dev.gantry.controlplane.resource.admission.Trees.setDefault;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Problems;
import java.util.OptionalInt;
import java.util.Set;

/** Deployments: a workload with a strategy for replacing its pods. */
public final class DeploymentRules extends WorkloadRules {
    @Override
    public void applyDefaults(ObjectNode deployment) {
        super.applyDefaults(deployment);
        ObjectNode spec = child(deployment, "spec");
        setDefault(spec, "revisionHistoryLimit", 10);
        setDefault(spec, "progressDeadlineSeconds", 600);
        ObjectNode strategy = child(spec, "strategy");
        setDefault(strategy, "type", "RollingUpdate");
        if (text(strategy, "type").equals("RollingUpdate")) {
            ObjectNode rolling = child(strategy, "rollingUpdate");
            setDefault(rolling, "maxSurge", "25%");
            setDefault(rolling, "maxUnavailable", "25%");
        }
    }

    @Override
    public void validate(ObjectNode deployment, Problems problems) {
        super.validate(deployment, problems);
        JsonNode strategy = deployment.path("spec").path("strategy");
        PodValidation.oneOf(
                "spec.strategy.type", text(strategy, "type"), Set.of("RollingUpdate", "Recreate"), problems);
        if (text(strategy, "type").equals("Recreate") && strategy.has("rollingUpdate")) {
            problems.forbidden(
                    "spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
        }
        JsonNode rolling = strategy.path("rollingUpdate");
        if (rolling.isObject()) {
            OptionalInt surge = amount("maxSurge", rolling, problems);
            OptionalInt unavailable = amount("maxUnavailable", rolling, problems);
            if (surge.orElse(1) == 0 && unavailable.orElse(1) == 0) {
                problems.invalid(
                        "spec.strategy.rollingUpdate.maxUnavailable",
                        rolling.path("maxUnavailable").asText(),
                        "may not be 0 when `maxSurge` is 0");
            }
        }
        JsonNode spec = deployment.path("spec");
        if (spec.path("progressDeadlineSeconds").asInt()
                <= spec.path("minReadySeconds").asInt(0)) {
            problems.invalid(
                    "spec.progressDeadlineSeconds",
                    spec.path("progressDeadlineSeconds").asInt(),
                    "must be greater than minReadySeconds");
        }
    }

    private static OptionalInt amount(String field, JsonNode rolling, Problems problems) {
        JsonNode value = rolling.path(field);
        String path = "spec.strategy.rollingUpdate." + field;
        if (value.isTextual() && !value.asText().matches("\\d{1,9}%")) {
            problems.invalid(path, value.asText(), "must be a number of pods, or a percentage such as 25%");
            return OptionalInt.empty();
        }
        if (value.isNumber() && value.asInt() < 0) {
            problems.invalid(path, value.asInt(), "must be greater than or equal to 0");
            return OptionalInt.empty();
        }
        int number = value.isTextual() ? Integer.parseInt(value.asText().replace("%", "")) : value.asInt();
        if (field.equals("maxUnavailable") && value.isTextual() && number > 100) {
            problems.invalid(path, value.asText(), "must not be greater than 100%");
        }
        return OptionalInt.of(number);
    }
}
