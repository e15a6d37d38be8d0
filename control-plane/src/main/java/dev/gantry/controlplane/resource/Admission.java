package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.WriteOptions.FieldValidation;
import dev.gantry.controlplane.resource.admission.MetadataRules;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import java.util.List;

/** What an object passes through before it is stored: shape, defaults, validation. Pure but for the warnings. */
final class Admission {
    private Admission() {}

    /**
     * Looks for unknown fields and wrong types, and removes the former.
     *
     * @throws ApiException 400 for unknown fields in strict mode, 422 for wrong types; all at once
     */
    static void checkShape(ServedKind served, ObjectNode body, WriteOptions options) {
        ModelSchema schema = served.version().schema();
        if (schema == null || options.fieldValidation() == FieldValidation.TRUSTED) {
            return;
        }
        ModelSchema.Findings findings = schema.prune(body);
        if (!findings.wrong().isEmpty()) {
            Problems problems = new Problems();
            findings.wrong().forEach(problem -> problems.wrongType(problem.path(), problem.message()));
            findings.unknown().forEach(unknown -> problems.add("FieldValueInvalid", unknown.path(), unknown.message()));
            throw ApiException.invalid(
                    served.subject(Meta.name(body)), served.kind().kind(), problems.causes());
        }
        if (findings.unknown().isEmpty()) {
            return;
        }
        switch (options.fieldValidation()) {
            case STRICT -> throw strict(served, body, findings.unknown());
            case WARN ->
                findings.unknown().forEach(unknown -> options.warnings().accept(unknown.message()));
            case IGNORE, TRUSTED -> {
                // dropped without a word, as was asked
            }
        }
    }

    private static ApiException strict(ServedKind served, ObjectNode body, List<ModelSchema.Unknown> unknown) {
        String all = String.join(
                ", ", unknown.stream().map(ModelSchema.Unknown::message).toList());
        return new ApiException(
                400,
                "BadRequest",
                "%s in version \"%s\" cannot be handled as a %s: strict decoding error: %s"
                        .formatted(
                                served.kind().kind(),
                                served.version().version(),
                                served.kind().kind(),
                                all),
                unknown.stream()
                        .map(each -> new ApiException.Cause("FieldValueInvalid", each.message(), each.path()))
                        .toList(),
                served.subject(Meta.name(body)));
    }

    /** Says what is wrong with a new object. {@code claimed} problems of allocation are included. */
    static void validateCreate(ServedKind served, ObjectNode object, Problems claimed, WriteOptions options) {
        Problems problems = new Problems();
        MetadataRules.validate(object, served.kind(), problems);
        served.kind().rules().validate(object, problems);
        reject(served, object, problems, claimed);
        served.kind().rules().warn(object, options.warnings());
    }

    static void validateUpdate(
            ServedKind served, ObjectNode old, ObjectNode updated, Problems claimed, WriteOptions options) {
        Problems problems = new Problems();
        MetadataRules.validate(updated, served.kind(), problems);
        MetadataRules.validateUpdate(old, updated, problems);
        served.kind().rules().validate(updated, problems);
        served.kind().rules().validateUpdate(old, updated, problems);
        reject(served, updated, problems, claimed);
        served.kind().rules().warn(updated, options.warnings());
    }

    private static void reject(ServedKind served, ObjectNode object, Problems problems, Problems claimed) {
        claimed.causes().forEach(cause -> problems.add(cause.reason(), cause.field(), cause.message()));
        if (!problems.isEmpty()) {
            throw ApiException.invalid(
                    served.subject(Meta.name(object)), served.kind().kind(), problems.causes());
        }
    }

    /** @throws ApiException 400 when the body is of another kind or version, or no object of the path's namespace */
    static void checkIdentity(ServedKind served, ObjectNode body, @org.jspecify.annotations.Nullable String namespace) {
        JsonNode kind = body.path("kind");
        if (!kind.isMissingNode() && !kind.asText().equals(served.kind().kind())) {
            throw ApiException.badRequest("the body is a %s, but the path wants a %s"
                    .formatted(kind.asText(), served.kind().kind()));
        }
        JsonNode apiVersion = body.path("apiVersion");
        if (!apiVersion.isMissingNode()
                && !apiVersion.asText().equals(served.version().apiVersion())) {
            throw ApiException.badRequest("the body's apiVersion is %s, but the path wants %s"
                    .formatted(apiVersion.asText(), served.version().apiVersion()));
        }
        JsonNode metadata = body.path("metadata");
        if (!metadata.isMissingNode() && !metadata.isObject()) {
            throw ApiException.badRequest("metadata must be an object");
        }
        String bodyNamespace = Meta.namespace(body);
        if (namespace == null
                ? !bodyNamespace.isEmpty()
                : !bodyNamespace.isEmpty() && !bodyNamespace.equals(namespace)) {
            throw ApiException.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request: \"%s\", not \"%s\""
                            .formatted(bodyNamespace, namespace == null ? "" : namespace));
        }
    }
}
