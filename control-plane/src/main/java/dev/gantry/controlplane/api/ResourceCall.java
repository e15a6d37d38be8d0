package dev.gantry.controlplane.api;

import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ServedKind;
import dev.gantry.controlplane.resource.WriteOptions;
import dev.gantry.controlplane.resource.WriteOptions.FieldValidation;
import dev.gantry.controlplane.resource.ownership.FieldOwner;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An authorised request for a resource, with the warnings that its answer will carry. */
record ResourceCall(Request request, ResourcePath path, ServedKind served, List<String> warnings) {
    static ResourceCall of(Request request, ResourcePath path, ServedKind served) {
        return new ResourceCall(request, path, served, new ArrayList<>());
    }

    @Nullable
    String namespace() {
        return path.namespace();
    }

    String name() {
        return path.requireName();
    }

    boolean flag(String query) {
        return request.query(query)
                .filter(v -> v.equals("true") || v.equals("1"))
                .isPresent();
    }

    /** From {@code dryRun} and {@code fieldValidation}; Warn is Kubernetes' default. */
    WriteOptions writeOptions() {
        boolean dryRun = request.queryAll("dryRun").contains("All");
        FieldValidation validation = switch (request.query("fieldValidation").orElse("")) {
            case "Strict" -> FieldValidation.STRICT;
            case "Ignore" -> FieldValidation.IGNORE;
            default -> FieldValidation.WARN;
        };
        return new WriteOptions(dryRun, validation, null, warnings::add, manager());
    }

    /** From {@code fieldManager}; a client that names none is known by its program. */
    FieldOwner manager() {
        String name = request.query("fieldManager").orElse("");
        if (name.length() > FieldOwner.MAXIMUM_NAME || !name.chars().allMatch(c -> c >= ' ' && c != 0x7f)) {
            throw ApiException.badRequest(
                    "fieldManager: expected at most %d printable characters".formatted(FieldOwner.MAXIMUM_NAME));
        }
        if (name.isEmpty()) {
            String program = request.header("user-agent").orElse("").split("/", 2)[0];
            String printable = program.replaceAll("[^ -~]", "");
            name = printable.substring(0, Math.min(printable.length(), FieldOwner.MAXIMUM_NAME));
        }
        return new FieldOwner(name.isEmpty() ? "unknown" : name, FieldOwner.Operation.UPDATE, path.subresource());
    }
}
