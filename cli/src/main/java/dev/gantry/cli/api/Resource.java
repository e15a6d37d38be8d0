package dev.gantry.cli.api;

import org.jspecify.annotations.Nullable;

/**
 * A served resource, from discovery.
 *
 * @param group empty for the core group
 */
public record Resource(String group, String version, String plural, String kind, boolean namespaced) {
    public String groupVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** @param namespace null for all namespaces, or for a cluster-scoped resource */
    public String path(@Nullable String namespace) {
        String prefix = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
        return namespaced && namespace != null
                ? prefix + "/namespaces/" + ApiClient.encode(namespace) + "/" + plural
                : prefix + "/" + plural;
    }

    public String path(@Nullable String namespace, String name) {
        return path(namespace) + "/" + ApiClient.encode(name);
    }

    /** As kubectl names it in messages: {@code deployment.apps}. */
    public String qualifiedKind() {
        String lower = kind.toLowerCase(java.util.Locale.ROOT);
        return group.isEmpty() ? lower : lower + "." + group;
    }
}
