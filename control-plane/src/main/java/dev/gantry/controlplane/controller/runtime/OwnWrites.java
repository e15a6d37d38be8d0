package dev.gantry.controlplane.controller.runtime;

import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.TypedResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;

/**
 * What one key's last plan wrote, so that the key is planned again only once the cache shows it: a planner that reads a cache older than its own
 * writes creates everything twice. Not safe for use by many threads, but several may record.
 */
final class OwnWrites {
    private record Deletion(TypedResource<?> resource, ObjectName object, String uid) {}

    private long revision;
    private final List<Deletion> deletions = new ArrayList<>();

    synchronized void written(HasMetadata object) {
        String version = object.getMetadata().getResourceVersion();
        if (version != null) {
            revision = Math.max(revision, Long.parseLong(version));
        }
    }

    synchronized void deleted(TypedResource<?> resource, ObjectName object, String uid) {
        deletions.add(new Deletion(resource, object, uid));
    }

    synchronized boolean reachedBy(ClusterObjects objects) {
        if (objects.revision() < revision) {
            return false;
        }
        deletions.removeIf(deletion -> visible(objects, deletion));
        return deletions.isEmpty();
    }

    private static boolean visible(ClusterObjects objects, Deletion deletion) {
        return objects.get(deletion.resource, deletion.object.namespace(), deletion.object.name())
                .map(found -> !deletion.uid.equals(found.getMetadata().getUid())
                        || found.getMetadata().getDeletionTimestamp() != null)
                .orElse(true);
    }
}
