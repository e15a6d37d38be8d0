package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.ListOptions;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.ResourceReader;
import dev.gantry.controlplane.resource.select.FieldSelector;
import dev.gantry.controlplane.resource.select.LabelSelector;
import dev.gantry.controlplane.store.StoredObject;

/** Get and list, as objects or as a Table. */
final class Reads {
    private final ResourceEngine engine;

    Reads(ResourceEngine engine) {
        this.engine = requireNonNull(engine, "engine is null");
    }

    Response get(ResourceCall call) {
        StoredObject stored = engine.reader()
                .get(
                        call.served(),
                        call.namespace(),
                        call.name(),
                        call.request().query("resourceVersion").orElse(null));
        ObjectNode view = call.served().view(stored);
        if (!Tables.wanted(call.request())) {
            return Answers.json(view);
        }
        ObjectNode table = Tables.table(call.served(), true);
        table.withObject("metadata").put("resourceVersion", Long.toString(stored.revision()));
        Tables.addRow(table, call.served(), tree(stored), view, include(call.request()), engine.now());
        return Answers.json(table);
    }

    Response list(ResourceCall call) {
        ResourceReader.Page page = engine.reader().list(call.served(), call.namespace(), options(call));
        boolean asTable = Tables.wanted(call.request());
        ObjectNode answer = asTable ? Tables.table(call.served(), true) : Json.object();
        if (!asTable) {
            answer.put("kind", call.served().kind().kind() + "List");
            answer.put("apiVersion", call.served().version().apiVersion());
        }
        ObjectNode metadata = answer.withObject("metadata");
        metadata.put("resourceVersion", Long.toString(page.revision()));
        if (page.continueToken() != null) {
            metadata.put("continue", page.continueToken());
        }
        if (page.remaining() != null) {
            metadata.put("remainingItemCount", page.remaining());
        }
        ArrayNode items = asTable ? Json.object().putArray("items") : answer.putArray("items");
        for (ResourceReader.Item item : page.items()) {
            long revision = item.stored().revision();
            if (asTable) {
                ObjectNode view = call.served().view(item.tree().deepCopy(), revision);
                Tables.addRow(answer, call.served(), item.tree(), view, include(call.request()), engine.now());
            } else {
                items.add(call.served().view(item.tree(), revision));
            }
        }
        return Answers.json(answer);
    }

    static String include(Request request) {
        return request.query("includeObject").orElse("Metadata");
    }

    static ListOptions options(ResourceCall call) {
        Request request = call.request();
        FieldSelector fields = FieldSelector.parse(
                request.query("fieldSelector").orElse(""), call.served().selectableFields());
        return new ListOptions(
                LabelSelector.parse(request.query("labelSelector").orElse("")),
                fields,
                limit(request),
                request.query("continue").filter(t -> !t.isEmpty()).orElse(null),
                request.query("resourceVersion").orElse(null),
                request.query("resourceVersionMatch").orElse("").equals("Exact"));
    }

    private static int limit(Request request) {
        String limit = request.query("limit").orElse("0");
        try {
            return Math.max(0, Integer.parseInt(limit));
        } catch (NumberFormatException e) {
            throw ApiException.badRequest("limit: \"%s\" is not a number".formatted(limit));
        }
    }

    static ObjectNode tree(StoredObject stored) {
        try {
            return (ObjectNode) Json.read(stored.json(), false);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
