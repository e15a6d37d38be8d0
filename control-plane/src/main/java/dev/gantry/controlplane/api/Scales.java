package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.Meta;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.ResourceKind.ScalePaths;
import dev.gantry.controlplane.resource.ResourceWriter;
import dev.gantry.controlplane.resource.patch.PatchFormat;
import dev.gantry.controlplane.resource.select.LabelSelector;
import java.io.IOException;

/** The scale subresource: an object's replicas as {@code autoscaling/v1 Scale}. */
final class Scales {
    private final ResourceEngine engine;

    Scales(ResourceEngine engine) {
        this.engine = requireNonNull(engine, "engine is null");
    }

    Response get(ResourceCall call) {
        ObjectNode object = call.served().view(engine.reader().get(call.served(), call.namespace(), call.name(), null));
        return Answers.json(scale(paths(call), object));
    }

    Response update(ResourceCall call) throws IOException {
        ObjectNode wanted = Bodies.object(call.request(), false);
        return change(call, current -> wanted);
    }

    Response patch(ResourceCall call) throws IOException {
        PatchFormat format = Writes.format(call);
        JsonNode patch = Bodies.untyped(call.request());
        return change(call, current -> format.apply(current, patch));
    }

    private Response change(ResourceCall call, java.util.function.UnaryOperator<ObjectNode> change) {
        ScalePaths paths = paths(call);
        ObjectNode updated = engine.writer()
                .update(
                        call.served(),
                        call.namespace(),
                        call.name(),
                        ResourceWriter.Part.OBJECT,
                        object -> scaled(paths, object, change.apply(scale(paths, object))),
                        call.writeOptions());
        return Answers.json(200, scale(paths, updated), call.warnings());
    }

    private static ObjectNode scaled(ScalePaths paths, ObjectNode object, ObjectNode wanted) {
        JsonNode replicas = wanted.at("/spec/replicas");
        if (replicas.isMissingNode() && wanted.path("spec").isObject()) {
            replicas = IntNode.valueOf(0); // left out by clients, and in Kubernetes' own answers
        }
        if (!replicas.canConvertToInt() || replicas.asInt() < 0) {
            throw ApiException.badRequest("spec.replicas: expected a number of 0 or more, found " + replicas);
        }
        String path = paths.specReplicas();
        int dot = path.lastIndexOf('.');
        ObjectNode parent = object.withObject("/" + path.substring(0, dot).replace('.', '/'));
        parent.put(path.substring(dot + 1), replicas.asInt());
        String version = Meta.text(wanted, "resourceVersion");
        if (version.isEmpty() || version.equals(Meta.text(object, "resourceVersion"))) {
            Meta.of(object).remove("resourceVersion"); // made for whichever version there is
        } else {
            Meta.of(object).put("resourceVersion", version);
        }
        return object;
    }

    private static ObjectNode scale(ScalePaths paths, ObjectNode object) {
        ObjectNode scale = Json.object();
        scale.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
        ObjectNode metadata = scale.putObject("metadata");
        for (String field : new String[] {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
            if (object.path("metadata").has(field)) {
                metadata.set(field, object.path("metadata").get(field));
            }
        }
        scale.putObject("spec").put("replicas", at(object, paths.specReplicas()).asInt());
        ObjectNode status = scale.putObject("status");
        status.put("replicas", at(object, paths.statusReplicas()).asInt());
        status.put(
                "selector", LabelSelector.fromTree(at(object, paths.selector())).text());
        return scale;
    }

    private static JsonNode at(ObjectNode object, String path) {
        return object.at("/" + path.replace('.', '/'));
    }

    private static ScalePaths paths(ResourceCall call) {
        ScalePaths paths = call.served().kind().scale();
        if (paths == null) {
            throw new ApiException(404, "NotFound", call.served().kind().plural() + " can't be scaled");
        }
        return paths;
    }
}
