package dev.gantry.controlplane.resource.select;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which values an object's fields must have; all requirements hold (Kubernetes, "Field Selectors").
 *
 * @param requirements none means everything
 */
public record FieldSelector(List<Requirement> requirements) {
    public static final FieldSelector EVERYTHING = new FieldSelector(List.of());

    public FieldSelector {
        requirements = List.copyOf(requirements);
    }

    record Requirement(String path, boolean equal, String value) {}

    /**
     * Parses {@code spec.nodeName=a1,status.phase!=Failed}.
     *
     * @param paths the fields that may be selected by, with the field of the stored object that each stands for
     * @throws ApiException 400 naming a field that is not among them
     */
    public static FieldSelector parse(String text, Map<String, String> paths) {
        List<Requirement> requirements = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            if (part.isBlank()) {
                continue;
            }
            boolean equal = !part.contains("!=");
            String[] sides = part.split(equal ? "==?" : "!=", 2);
            if (sides.length != 2) {
                throw ApiException.badRequest("invalid field selector \"%s\": expected field=value".formatted(part));
            }
            @Nullable String path = paths.get(sides[0].strip());
            if (path == null) {
                throw ApiException.badRequest("field label not supported: %s; supported are %s"
                        .formatted(
                                sides[0].strip(),
                                paths.keySet().stream().sorted().toList()));
            }
            requirements.add(new Requirement(path, equal, sides[1].strip()));
        }
        return new FieldSelector(requirements);
    }

    public boolean matches(JsonNode object) {
        for (Requirement requirement : requirements) {
            JsonNode node = object;
            for (String step : requirement.path().split("\\.")) {
                node = node.path(step);
            }
            if (node.asText("").equals(requirement.value()) != requirement.equal()) {
                return false;
            }
        }
        return true;
    }

    /** The one value that {@code path} must have; null when it may have several. */
    public @Nullable String exactly(String path) {
        for (Requirement requirement : requirements) {
            if (requirement.path().equals(path) && requirement.equal()) {
                return requirement.value();
            }
        }
        return null;
    }
}
