package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;
import java.util.List;
import java.util.Set;

/** EndpointSlices. */
public final class EndpointSliceRules implements KindRules {
    @Override
    public void validate(ObjectNode slice, Problems problems) {
        PodValidation.oneOf("addressType", text(slice, "addressType"), Set.of("IPv4", "IPv6", "FQDN"), problems);
        List<ObjectNode> endpoints = objects(slice.path("endpoints"));
        for (int i = 0; i < endpoints.size(); i++) {
            if (endpoints.get(i).path("addresses").isEmpty()) {
                problems.required("endpoints[%d].addresses".formatted(i), "an endpoint has at least one address");
            }
        }
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode updated, Problems problems) {
        if (!text(old, "addressType").equals(text(updated, "addressType"))) {
            problems.invalid("addressType", text(updated, "addressType"), "field is immutable");
        }
    }
}
