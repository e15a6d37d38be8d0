package dev.gantry.controlplane.http;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a user wants to do.
 *
 * @param verb get, list, watch, create, update, patch, delete, deletecollection; for a path that is no resource the HTTP method in lower case, or
 *     {@code call} for gRPC
 * @param group the API group, empty for the core group
 * @param resource the plural resource name; empty when {@code path} says what is meant
 * @param subresource such as {@code log}; empty for the object itself
 * @param namespace null for cluster-scoped objects and for all namespaces
 * @param name null when no single object is meant
 * @param path the request's path
 */
public record AccessRequest(
        String verb,
        String group,
        String resource,
        String subresource,
        @Nullable String namespace,
        @Nullable String name,
        String path) {
    public AccessRequest {
        requireNonNull(verb, "verb is null");
        requireNonNull(group, "group is null");
        requireNonNull(resource, "resource is null");
        requireNonNull(subresource, "subresource is null");
        requireNonNull(path, "path is null");
    }

    /** A request for something that is no resource of the API. */
    public static AccessRequest ofPath(String verb, String path) {
        return new AccessRequest(verb, "", "", "", null, null, path);
    }

    public boolean isResource() {
        return !resource.isEmpty();
    }
}
