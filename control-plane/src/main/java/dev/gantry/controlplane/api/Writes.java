package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.Meta;
import dev.gantry.controlplane.resource.ResourceApplier;
import dev.gantry.controlplane.resource.ResourceDeleter;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.ResourceReader;
import dev.gantry.controlplane.resource.ResourceWriter;
import dev.gantry.controlplane.resource.WriteOptions;
import dev.gantry.controlplane.resource.patch.PatchFormat;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Create, update, patch and delete, of objects and of their status. */
final class Writes {
    /** Of a configuration to apply, in YAML, which JSON is, too. */
    private static final String APPLY = "application/apply-patch+yaml";

    private final ResourceEngine engine;

    Writes(ResourceEngine engine) {
        this.engine = requireNonNull(engine, "engine is null");
    }

    Response create(ResourceCall call) throws IOException {
        WriteOptions options = call.writeOptions();
        ObjectNode body =
                Bodies.object(call.request(), options.fieldValidation() == WriteOptions.FieldValidation.STRICT);
        ObjectNode created = engine.writer().create(call.served(), call.namespace(), body, options);
        return Answers.json(201, created, call.warnings());
    }

    Response update(ResourceCall call, ResourceWriter.Part part) throws IOException {
        WriteOptions options = call.writeOptions();
        ObjectNode body =
                Bodies.object(call.request(), options.fieldValidation() == WriteOptions.FieldValidation.STRICT);
        ObjectNode updated = engine.writer()
                .update(call.served(), call.namespace(), call.name(), part, current -> body.deepCopy(), options);
        return Answers.json(200, updated, call.warnings());
    }

    Response patch(ResourceCall call, ResourceWriter.Part part) throws IOException {
        if (Bodies.contentType(call.request()).equals(APPLY)) {
            return apply(call, part);
        }
        PatchFormat format = format(call);
        JsonNode patch = Bodies.untyped(call.request());
        ObjectNode updated = engine.writer()
                .update(
                        call.served(),
                        call.namespace(),
                        call.name(),
                        part,
                        current -> patched(format, current, patch),
                        call.writeOptions());
        return Answers.json(200, updated, call.warnings());
    }

    private Response apply(ResourceCall call, ResourceWriter.Part part) throws IOException {
        if (call.request().query("fieldManager").orElse("").isEmpty()) {
            throw ApiException.badRequest("fieldManager: is required for apply patch");
        }
        ObjectNode config = Bodies.yamlObject(call.request());
        ResourceApplier.Outcome outcome = engine.applier()
                .apply(
                        call.served(),
                        call.namespace(),
                        call.name(),
                        part,
                        config,
                        call.manager(),
                        call.flag("force"),
                        call.writeOptions());
        return Answers.json(outcome.created() ? 201 : 200, outcome.object(), call.warnings());
    }

    /** A patch that doesn't name a version is made for whichever there is. */
    private static ObjectNode patched(PatchFormat format, ObjectNode current, JsonNode patch) {
        String before = Meta.text(current, "resourceVersion");
        ObjectNode result = format.apply(current, patch);
        boolean named = patch.path("metadata").has("resourceVersion")
                || patch.isArray() && patch.toString().contains("/metadata/resourceVersion");
        if (!named && Meta.text(result, "resourceVersion").equals(before)) {
            Meta.of(result).remove("resourceVersion");
        }
        return result;
    }

    static PatchFormat format(ResourceCall call) {
        String type = Bodies.contentType(call.request());
        return Arrays.stream(PatchFormat.values())
                .filter(f -> f.mediaType().equals(type))
                .findFirst()
                .orElseThrow(() -> new ApiException(
                        415,
                        "UnsupportedMediaType",
                        "the body of the request was in an unknown format - accepted media types include: "
                                + Arrays.stream(PatchFormat.values())
                                        .map(PatchFormat::mediaType)
                                        .collect(Collectors.joining(", "))
                                // a scale has no owners of its own to apply for
                                + (call.path().subresource().equals("scale") ? "" : ", " + APPLY)));
    }

    Response delete(ResourceCall call) throws IOException {
        ObjectNode options = Bodies.optionalObject(call.request());
        ResourceDeleter.Outcome outcome = engine.deleter()
                .delete(call.served(), call.namespace(), call.name(), request(call, options), options(call, options));
        if (outcome.gone()) {
            return Answers.json(Answers.success(call.served(), call.name(), Meta.uid(outcome.object())));
        }
        return Answers.json(202, outcome.object(), call.warnings());
    }

    Response deleteCollection(ResourceCall call) throws IOException {
        ObjectNode options = Bodies.optionalObject(call.request());
        ResourceReader.Page page = engine.reader().list(call.served(), call.namespace(), Reads.options(call));
        ObjectNode answer = Json.object();
        answer.put("kind", call.served().kind().kind() + "List")
                .put("apiVersion", call.served().version().apiVersion());
        answer.putObject("metadata").put("resourceVersion", Long.toString(page.revision()));
        ArrayNode items = answer.putArray("items");
        for (ResourceReader.Item item : page.items()) {
            try {
                items.add(engine.deleter()
                        .delete(
                                call.served(),
                                item.stored().key().namespace(),
                                item.stored().key().name(),
                                request(call, options),
                                options(call, options))
                        .object());
            } catch (ApiException e) {
                if (e.code() != 404) {
                    throw e;
                }
            }
        }
        return Answers.json(answer);
    }

    private static WriteOptions options(ResourceCall call, ObjectNode body) {
        WriteOptions options = call.writeOptions();
        boolean dryRun = options.dryRun() || body.path("dryRun").toString().contains("All");
        return new WriteOptions(
                dryRun, options.fieldValidation(), options.fence(), options.warnings(), options.manager());
    }

    private static ResourceDeleter.Request request(ResourceCall call, ObjectNode body) {
        String grace = body.hasNonNull("gracePeriodSeconds")
                ? body.path("gracePeriodSeconds").asText()
                : call.request().query("gracePeriodSeconds").orElse(null);
        String propagation = body.hasNonNull("propagationPolicy")
                ? body.path("propagationPolicy").asText()
                : call.request().query("propagationPolicy").orElse(null);
        if (propagation == null && body.path("orphanDependents").asBoolean()) {
            propagation = "Orphan";
        }
        return new ResourceDeleter.Request(
                text(body.at("/preconditions/uid")),
                text(body.at("/preconditions/resourceVersion")),
                grace == null ? null : seconds(grace),
                propagation);
    }

    private static long seconds(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ApiException.badRequest("gracePeriodSeconds: \"%s\" is not a number of seconds".formatted(text));
        }
    }

    private static @Nullable String text(JsonNode node) {
        return node.isTextual() ? node.asText() : null;
    }
}
