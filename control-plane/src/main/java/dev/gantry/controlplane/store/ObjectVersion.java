package dev.gantry.controlplane.store;

/**
 * One version of an object as the cache keeps it: decoded each time that it is asked for.
 *
 * @param key the object's name
 * @param uid the object's identity
 * @param revision even
 * @param version the znode's version
 * @param content the JSON, compressed
 */
record ObjectVersion(ObjectKey key, String uid, long revision, int version, Content content) {
    StoredObject decode() {
        return new StoredObject(key, uid, revision, version, content.json());
    }

    /** The same content as of another revision: what a deletion leaves to tell. */
    ObjectVersion at(long otherRevision, int otherVersion) {
        return new ObjectVersion(key, uid, otherRevision, otherVersion, content);
    }
}
