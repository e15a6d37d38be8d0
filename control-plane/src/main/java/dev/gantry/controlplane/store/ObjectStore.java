package dev.gantry.controlplane.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes objects. Every write is compare-and-set; a call returns after the ensemble has acknowledged it <em>and</em> the local cache has reached
 * it, so that a caller reads its own writes. Safe for use by many threads; a call blocks at most for the store's deadline.
 */
public interface ObjectStore {
    /**
     * Carries out all writes in one transaction.
     *
     * @param fence what a leader-only component must still find true; null for a user's write
     * @return the objects as written, in the order of {@code writes}; for a delete the last live version, at the deletion's revision
     * @throws StoreException when nothing was written, or its subclass {@link StoreException.OutcomeUnknown}
     */
    List<StoredObject> transact(List<Write> writes, @Nullable Fence fence);

    /** One write, as {@link #transact}. */
    default StoredObject write(Write write, @Nullable Fence fence) {
        return transact(List.of(write), fence).getFirst();
    }

    /** The cache of all objects. */
    ObjectCache cache();
}
