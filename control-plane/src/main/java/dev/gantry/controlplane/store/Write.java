package dev.gantry.controlplane.store;

/** One write of a transaction. All writes of a transaction happen, at one revision, or none. */
public sealed interface Write {
    ObjectKey key();

    /** Fails with {@link StoreException.AlreadyExists} when a live object has the name. */
    record Create(ObjectKey key, String uid, byte[] json) implements Write {}

    /**
     * Fails with {@link StoreException.Conflict} unless the live object is {@code expected}'s version and uid, with {@link
     * StoreException.NotFound} when there is none.
     */
    record Update(ObjectKey key, StoredObject expected, byte[] json) implements Write {}

    /** Writes a tombstone. Fails as {@link Update} does. */
    record Delete(ObjectKey key, StoredObject expected) implements Write {}
}
