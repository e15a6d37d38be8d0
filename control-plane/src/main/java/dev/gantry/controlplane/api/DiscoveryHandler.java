package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.KindTable;
import dev.gantry.controlplane.resource.ResourceKind;
import dev.gantry.controlplane.resource.ServedKind;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What is served (Kubernetes, "API discovery"), from the table of kinds as it is now. */
final class DiscoveryHandler {
    private static final List<String> VERBS =
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");

    private final KindTable kinds;

    DiscoveryHandler(KindTable kinds) {
        this.kinds = requireNonNull(kinds, "kinds is null");
    }

    Response coreVersions(Request request) {
        ObjectNode versions = Json.object();
        versions.put("kind", "APIVersions");
        versions.putArray("versions").add("v1");
        versions.putArray("serverAddressByClientCIDRs");
        return Answers.json(versions);
    }

    Response groups(Request request) {
        ObjectNode list = Json.object();
        list.put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = list.putArray("groups");
        kinds.groups().forEach((group, versions) -> {
            if (!group.isEmpty()) {
                groups.add(group(group, versions));
            }
        });
        return Answers.json(list);
    }

    Response oneGroup(Request request) {
        String name = request.pathParameter("group");
        List<String> versions = kinds.groups().get(name);
        if (versions == null || name.isEmpty()) {
            throw notFound(request);
        }
        ObjectNode group = Json.object();
        group.put("kind", "APIGroup").put("apiVersion", "v1");
        group.setAll(group(name, versions));
        return Answers.json(group);
    }

    Response core(Request request) {
        return resources(request, "", request.pathParameter("version"));
    }

    Response named(Request request) {
        return resources(request, request.pathParameter("group"), request.pathParameter("version"));
    }

    private static ObjectNode group(String name, List<String> versions) {
        ObjectNode group = Json.object();
        group.put("name", name);
        ArrayNode all = group.putArray("versions");
        for (String version : versions) {
            all.add(version(name, version));
        }
        group.set("preferredVersion", version(name, versions.getFirst()));
        return group;
    }

    private static ObjectNode version(String group, String version) {
        return Json.object().put("groupVersion", group + "/" + version).put("version", version);
    }

    private Response resources(Request request, String group, String version) {
        if (!kinds.groups().getOrDefault(group, List.of()).contains(version)) {
            throw notFound(request);
        }
        ObjectNode list = Json.object();
        list.put("kind", "APIResourceList").put("apiVersion", "v1");
        list.put("groupVersion", group.isEmpty() ? version : group + "/" + version);
        ArrayNode resources = list.putArray("resources");
        for (ServedKind served : kinds.all()) {
            if (served.version().group().equals(group)
                    && served.version().version().equals(version)) {
                describe(resources, served.kind());
            }
        }
        return Answers.json(list);
    }

    private static void describe(ArrayNode resources, ResourceKind kind) {
        ObjectNode resource = resources.addObject();
        resource.put("name", kind.plural())
                .put("singularName", kind.singular())
                .put("namespaced", kind.namespaced())
                .put("kind", kind.kind());
        ArrayNode verbs = resource.putArray("verbs");
        VERBS.forEach(verbs::add);
        if (!kind.shortNames().isEmpty()) {
            ArrayNode names = resource.putArray("shortNames");
            kind.shortNames().forEach(names::add);
        }
        if (!kind.categories().isEmpty()) {
            ArrayNode categories = resource.putArray("categories");
            kind.categories().forEach(categories::add);
        }
        if (kind.hasStatus()) {
            subresource(resources, kind, "status", List.of("get", "patch", "update"), Map.of("kind", kind.kind()));
        }
        if (kind.scale() != null) {
            subresource(
                    resources,
                    kind,
                    "scale",
                    List.of("get", "patch", "update"),
                    Map.of("group", "autoscaling", "version", "v1", "kind", "Scale"));
        }
        for (String name : new TreeSet<>(kind.otherSubresources())) {
            switch (name) {
                case "log" -> subresource(resources, kind, name, List.of("get"), Map.of("kind", kind.kind()));
                case "eviction" ->
                    subresource(
                            resources,
                            kind,
                            name,
                            List.of("create"),
                            Map.of("group", "policy", "version", "v1", "kind", "Eviction"));
                case "binding" -> subresource(resources, kind, name, List.of("create"), Map.of("kind", "Binding"));
                case "exec", "attach", "portforward" ->
                    subresource(resources, kind, name, List.of("create", "get"), Map.of("kind", optionsOf(name)));
                default -> subresource(resources, kind, name, List.of("update"), Map.of("kind", kind.kind()));
            }
        }
    }

    private static String optionsOf(String stream) {
        return switch (stream) {
            case "exec" -> "PodExecOptions";
            case "attach" -> "PodAttachOptions";
            default -> "PodPortForwardOptions";
        };
    }

    private static void subresource(
            ArrayNode resources, ResourceKind kind, String name, List<String> verbs, Map<String, String> type) {
        ObjectNode resource = resources.addObject();
        resource.put("name", kind.plural() + "/" + name).put("singularName", "").put("namespaced", kind.namespaced());
        new java.util.TreeMap<>(type).forEach(resource::put);
        ArrayNode all = resource.putArray("verbs");
        verbs.forEach(all::add);
    }

    private static ApiException notFound(Request request) {
        return new ApiException(404, "NotFound", "the server could not find the requested resource: " + request.path());
    }
}
