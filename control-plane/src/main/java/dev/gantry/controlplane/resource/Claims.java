package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectKey;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values that no two objects may share, such as addresses. Each is an object of its own in the store, created in the same transaction as the object
 * that holds it: two writers that pick the same value collide there, and one of them picks again.
 */
public interface Claims {
    Claims NONE = new Claims() {
        @Override
        public void allocate(ObjectNode object, @Nullable ObjectNode old, ObjectCache cache, Problems problems) {}

        @Override
        public Set<ObjectKey> of(ObjectNode object) {
            return Set.of();
        }
    };

    /**
     * Fills in what the object lacks, from what the cache says is free.
     *
     * @param old the version before; null for a new object
     */
    void allocate(ObjectNode object, @Nullable ObjectNode old, ObjectCache cache, Problems problems);

    /** What the object holds. */
    Set<ObjectKey> of(ObjectNode object);
}
