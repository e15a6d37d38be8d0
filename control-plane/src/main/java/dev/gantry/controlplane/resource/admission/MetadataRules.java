package dev.gantry.controlplane.resource.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.Meta;
import dev.gantry.controlplane.resource.Problems;
import dev.gantry.controlplane.resource.ResourceKind;
import java.util.List;
import java.util.Set;

/** What holds for the metadata of every kind. */
public final class MetadataRules {
    private static final int ANNOTATION_BYTES = 256 * 1024;

    /** Kinds whose names become DNS labels. */
    private static final Set<String> LABEL_NAMES = Set.of("namespaces");

    private MetadataRules() {}

    public static void validate(JsonNode object, ResourceKind kind, Problems problems) {
        JsonNode metadata = object.path("metadata");
        validateName(Meta.name(object), kind, problems);
        validateLabels("metadata.labels", metadata.path("labels"), problems);
        validateAnnotations(metadata.path("annotations"), problems);
        for (String finalizer : Meta.finalizers(object)) {
            boolean known = finalizer.equals(Meta.ORPHAN) || finalizer.equals(Meta.FOREGROUND);
            if (!known && !(finalizer.contains("/") && Names.isQualifiedName(finalizer))) {
                problems.invalid(
                        "metadata.finalizers",
                        finalizer,
                        "name is neither a standard finalizer name nor is it fully qualified");
            }
        }
        validateOwners(metadata.path("ownerReferences"), problems);
    }

    private static void validateName(String name, ResourceKind kind, Problems problems) {
        if (name.isEmpty()) {
            problems.required("metadata.name", "name or generateName is required");
        } else if (kind.plural().equals("services") && kind.group().isEmpty()) {
            if (!Names.isDns1035(name)) {
                problems.invalid(
                        "metadata.name",
                        name,
                        "a DNS-1035 label has at most 63 lower case letters, digits or '-', begins with a letter and ends with a letter or digit");
            }
        } else if (LABEL_NAMES.contains(kind.plural())) {
            Names.requireLabel("metadata.name", name, problems);
        } else {
            Names.subdomainFault(name).ifPresent(why -> problems.invalid("metadata.name", name, why));
        }
    }

    static void validateLabels(String field, JsonNode labels, Problems problems) {
        labels.properties().forEach(label -> {
            if (!Names.isQualifiedName(label.getKey())) {
                problems.invalid(
                        field,
                        label.getKey(),
                        "a label's name has at most 63 letters, digits, '-', '_' or '.', begins and ends with a letter or digit, and may follow a DNS subdomain and '/'");
            }
            if (!Names.isLabelValue(label.getValue().asText())) {
                problems.invalid(
                        field + "." + label.getKey(),
                        label.getValue().asText(),
                        "a label's value is empty, or has at most 63 letters, digits, '-', '_' or '.', and begins and ends with a letter or digit");
            }
        });
    }

    private static void validateAnnotations(JsonNode annotations, Problems problems) {
        long total = 0;
        for (var annotation : annotations.properties()) {
            total += annotation.getKey().length()
                    + annotation.getValue().asText().length();
            if (!Names.isQualifiedName(annotation.getKey())) {
                problems.invalid(
                        "metadata.annotations", annotation.getKey(), "not a qualified name, such as example.com/name");
            }
        }
        if (total > ANNOTATION_BYTES) {
            problems.add(
                    "FieldValueTooLong",
                    "metadata.annotations",
                    "Too long: may not be more than %d bytes".formatted(ANNOTATION_BYTES));
        }
    }

    private static void validateOwners(JsonNode owners, Problems problems) {
        int controllers = 0;
        for (int i = 0; i < owners.size(); i++) {
            for (String field : List.of("apiVersion", "kind", "name", "uid")) {
                if (owners.get(i).path(field).asText("").isEmpty()) {
                    problems.required("metadata.ownerReferences[%d].%s".formatted(i, field), "");
                }
            }
            controllers += owners.get(i).path("controller").asBoolean(false) ? 1 : 0;
        }
        if (controllers > 1) {
            problems.invalid(
                    "metadata.ownerReferences", controllers, "only one reference can have controller set to true");
        }
    }

    public static void validateUpdate(JsonNode old, JsonNode updated, Problems problems) {
        if (!Meta.isDeleting(old)) {
            return;
        }
        List<String> before = Meta.finalizers(old);
        for (String finalizer : Meta.finalizers(updated)) {
            if (!before.contains(finalizer)) {
                problems.forbidden(
                        "metadata.finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizer "
                                + finalizer);
            }
        }
    }
}
