package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;

/** Images of the cluster: one object for each name. */
public final class ImageRules implements KindRules {
    @Override
    public void validate(ObjectNode image, Problems problems) {
        String name = text(image.path("spec"), "name");
        if (name.isEmpty()) {
            problems.required("spec.name", "the image's name with its tag, such as web:1");
        } else if (name.chars().anyMatch(c -> c <= ' ' || c == 127)) {
            problems.invalid("spec.name", name, "must not contain spaces or control characters");
        }
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode updated, Problems problems) {
        if (!text(old.path("spec"), "name").equals(text(updated.path("spec"), "name"))) {
            problems.invalid("spec.name", text(updated.path("spec"), "name"), "field is immutable");
        }
    }
}
