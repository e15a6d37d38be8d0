package dev.gantry.controlplane.api;

import dev.gantry.controlplane.resource.ApiException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a path of the Kubernetes API names (Kubernetes, "API concepts", "Resource URIs").
 *
 * @param group empty for the core group
 * @param namespace null when the path has none
 * @param name null for a collection
 * @param subresource empty for the object itself
 */
record ResourcePath(
        String group,
        String version,
        @Nullable String namespace,
        String plural,
        @Nullable String name,
        String subresource) {
    /** @throws ApiException 404 when the path is of another shape */
    static ResourcePath parse(String path) {
        List<String> segments = List.of(path.substring(1).split("/", -1));
        boolean core = segments.getFirst().equals("api");
        int at = core ? 2 : 3;
        if (segments.size() <= at || segments.contains("")) {
            throw notFound(path);
        }
        String group = core ? "" : segments.get(1);
        String version = segments.get(at - 1);
        List<String> rest = segments.subList(at, segments.size());
        String namespace = null;
        boolean inNamespace = rest.getFirst().equals("namespaces") && rest.size() >= 3;
        boolean ofNamespace = rest.size() == 3 && List.of("status", "finalize").contains(rest.get(2));
        if (inNamespace && !(core && ofNamespace)) {
            namespace = rest.get(1);
            rest = rest.subList(2, rest.size());
        }
        if (rest.size() > 3) {
            throw notFound(path);
        }
        return new ResourcePath(
                group,
                version,
                namespace,
                rest.getFirst(),
                rest.size() > 1 ? rest.get(1) : null,
                rest.size() > 2 ? rest.get(2) : "");
    }

    String requireName() {
        if (name == null) {
            throw new ApiException(405, "MethodNotAllowed", "the server does not allow this method on a collection");
        }
        return name;
    }

    private static ApiException notFound(String path) {
        return new ApiException(404, "NotFound", "the server could not find the requested resource: " + path);
    }
}
