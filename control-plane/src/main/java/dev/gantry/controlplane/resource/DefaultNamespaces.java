package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.Fence;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The namespaces that exist from the start. */
public final class DefaultNamespaces {
    public static final List<String> NAMES = List.of("default", "kube-system", "kube-public", "gantry-system");

    private DefaultNamespaces() {}

    /** Creates those that are missing. Idempotent; may run on several replicas at once. */
    public static void ensure(ResourceEngine engine, @Nullable Fence fence) {
        ServedKind namespaces = engine.kinds().findStored("", "namespaces").orElseThrow();
        for (String name : NAMES) {
            ObjectNode namespace = Json.object();
            Meta.of(namespace).put("name", name);
            try {
                engine.writer().create(namespaces, null, namespace, WriteOptions.trusted(fence));
            } catch (ApiException e) {
                if (!e.reason().equals("AlreadyExists")) {
                    throw e;
                }
            }
        }
    }

    /** Deleting one of these would take the ground from under the cluster. */
    public static boolean isProtected(String name) {
        return NAMES.contains(name);
    }
}
