package dev.gantry.controlplane.store;

import org.jspecify.annotations.Nullable;

/**
 * What one transaction left of one object.
 *
 * @param key the object's name
 * @param now null when it is no longer there
 * @param revision the transaction's, even
 * @param version the znode's version after the transaction
 */
record Change(ObjectKey key, @Nullable ObjectVersion now, long revision, int version) {
    static Change live(ObjectVersion now) {
        return new Change(now.key(), now, now.revision(), now.version());
    }

    static Change deleted(ObjectKey key, long revision, int version) {
        return new Change(key, null, revision, version);
    }
}
