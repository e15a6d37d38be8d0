package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;

/** Leases, by which the parts of users' own programs elect a leader: only whoever reads one judges whether it has run out. */
public final class LeaseRules implements KindRules {
    @Override
    public void validate(ObjectNode lease, Problems problems) {
        JsonNode spec = lease.path("spec");
        JsonNode seconds = spec.path("leaseDurationSeconds");
        if (seconds.isNumber() && seconds.asLong() <= 0) {
            problems.invalid("spec.leaseDurationSeconds", seconds.asLong(), "must be greater than 0");
        }
        JsonNode transitions = spec.path("leaseTransitions");
        if (transitions.isNumber() && transitions.asLong() < 0) {
            problems.invalid("spec.leaseTransitions", transitions.asLong(), "must be greater than or equal to 0");
        }
        for (String time : List.of("acquireTime", "renewTime")) {
            if (spec.hasNonNull(time) && !isTime(text(spec, time))) {
                problems.invalid(
                        "spec." + time,
                        text(spec, time),
                        "must be a time such as 2006-01-02T15:04:05.000000Z (RFC 3339)");
            }
        }
        if (spec.hasNonNull("preferredHolder") && text(spec, "strategy").isEmpty()) {
            problems.forbidden("spec.preferredHolder", "must not be set when `strategy` is not set");
        }
    }

    private static boolean isTime(String text) {
        try {
            OffsetDateTime.parse(text);
            return true;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    @Override
    public boolean hasGeneration() {
        return false;
    }
}
