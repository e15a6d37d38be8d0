package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes of a znode's bytes what the cache keeps. Safe for use by many threads. */
final class ZnodeReading {
    private static final Logger log = LoggerFactory.getLogger(ZnodeReading.class);

    private final Revisions revisions;
    private final ObjectCodec codec;
    private final Tombstones tombstones;

    ZnodeReading(Revisions revisions, ObjectCodec codec, Tombstones tombstones) {
        this.revisions = requireNonNull(revisions, "revisions is null");
        this.codec = requireNonNull(codec, "codec is null");
        this.tombstones = requireNonNull(tombstones, "tombstones is null");
    }

    /** Empty for a znode that is none of ours; that is logged, and never ends the cache. */
    Optional<Change> found(String path, ObjectKey key, byte[] data, Stat stat) {
        try {
            Envelope envelope = Envelope.decode(path, data);
            long revision = revisions.ofObject(stat.getMzxid());
            if (envelope.kind() == Envelope.Kind.TOMBSTONE) {
                tombstones.found(key, stat.getVersion());
                return Optional.of(Change.deleted(key, revision, stat.getVersion()));
            }
            tombstones.gone(key, stat.getVersion());
            return Optional.of(Change.live(new ObjectVersion(
                    key, envelope.uid(), revision, stat.getVersion(), new SealedContent(codec, key, envelope))));
        } catch (IllegalStateException e) {
            log.error("An object can't be read and is left out: {}", e.getMessage());
            return Optional.empty();
        }
    }

    Change gone(ObjectKey key, long zxid) {
        tombstones.purged(key);
        return Change.deleted(key, revisions.ofObject(zxid), -1);
    }

    private record SealedContent(ObjectCodec codec, ObjectKey key, Envelope envelope) implements Content {
        @Override
        public byte[] json() {
            return codec.decode(key, envelope);
        }

        @Override
        public int retainedBytes() {
            return envelope.content().length + 128;
        }
    }
}
