package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

/**
 * One version of an object as the store holds it.
 *
 * @param key the object's name
 * @param uid the object's identity: a recreated object has another one
 * @param revision the {@code resourceVersion} of this version, even (see {@link Revisions})
 * @param version the compare-and-set version, meaningful only to the store
 * @param json the object's JSON in UTF-8 without {@code metadata.resourceVersion}; shared, never to be modified
 */
public record StoredObject(ObjectKey key, String uid, long revision, int version, byte[] json) {
    public StoredObject {
        requireNonNull(key, "key is null");
        requireNonNull(uid, "uid is null");
        requireNonNull(json, "json is null");
    }
}
