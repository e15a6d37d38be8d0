package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.StoredObject;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Refuses new objects in namespaces that do not exist or are going away, as Kubernetes' NamespaceLifecycle admission does. */
final class NamespaceGuard {
    private final ObjectCache cache;

    NamespaceGuard(ObjectCache cache) {
        this.cache = cache;
    }

    /** @throws ApiException 404 for a missing namespace, 403 for a terminating one */
    void admit(ServedKind served, @Nullable String namespace, String name) {
        if (namespace == null) {
            return;
        }
        ObjectKey key = new ObjectKey("", "namespaces", null, namespace);
        Optional<StoredObject> found = cache.get(key);
        if (found.isEmpty()) {
            // another replica may have created it a moment ago
            cache.awaitCurrent(ResourceReader.READ_TIMEOUT);
            found = cache.get(key);
        }
        ObjectNode tree = found.map(StoredObject::json)
                .map(Json::readObject)
                .orElseThrow(() -> ApiException.notFound(new ApiException.Subject("", "namespaces", namespace)));
        if (Meta.isDeleting(tree)) {
            throw new ApiException(
                    403,
                    "Forbidden",
                    "%s is forbidden: unable to create new content in namespace %s because it is being terminated"
                            .formatted(served.subject(name), namespace),
                    List.of(new ApiException.Cause(
                            "NamespaceTerminating",
                            "namespace %s is being terminated".formatted(namespace),
                            "metadata.namespace")),
                    served.subject(name));
        }
    }
}
