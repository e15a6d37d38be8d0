package dev.gantry.controlplane.store;

/** Why the store did not do what was asked. Each kind says whether the write may have happened. */
public abstract sealed class StoreException extends RuntimeException {
    private StoreException(String message) {
        super(message);
    }

    private StoreException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A live object has the name. Nothing was written. */
    public static final class AlreadyExists extends StoreException {
        public AlreadyExists(ObjectKey key) {
            super("%s already exists".formatted(key));
        }
    }

    /** No live object has the name. Nothing was written. */
    public static final class NotFound extends StoreException {
        public NotFound(ObjectKey key) {
            super("%s not found".formatted(key));
        }
    }

    /** Another version of the object is live. Nothing was written. */
    public static final class Conflict extends StoreException {
        public Conflict(ObjectKey key) {
            super("%s has been modified".formatted(key));
        }
    }

    /** A later epoch has begun: the caller no longer leads. Nothing was written. */
    public static final class Deposed extends StoreException {
        public Deposed(long epoch) {
            super("epoch %d is over: another control plane leads".formatted(epoch));
        }
    }

    /** The object is larger than the store takes. Nothing was written. */
    public static final class TooLarge extends StoreException {
        public TooLarge(ObjectKey key, long bytes, long limit) {
            super("%s is %d bytes of JSON; at most %d are stored".formatted(key, bytes, limit));
        }
    }

    /** The ensemble is not reachable, or its log disk is full. Nothing was written. */
    public static sealed class Unavailable extends StoreException permits Misconfigured {
        public Unavailable(String message) {
            super(message);
        }

        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The ensemble answers, and will not serve this control plane before an operator has changed something: the message says what. Nothing was written. */
    public static final class Misconfigured extends Unavailable {
        public Misconfigured(String message) {
            super(message);
        }
    }

    /** The connection was lost while the write was under way, and no answer could be had: it may have happened. */
    public static final class OutcomeUnknown extends StoreException {
        public OutcomeUnknown(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The cache did not reach the revision in time. */
    public static final class RevisionNotReached extends StoreException {
        public RevisionNotReached(long wanted, long reached) {
            super("revision %d has not been reached; the cache is at %d".formatted(wanted, reached));
        }
    }

    /** The revision is older than the events that are kept: list again. */
    public static final class Expired extends StoreException {
        public Expired(long wanted, long oldest) {
            super("revision %d is too old; the oldest kept is %d".formatted(wanted, oldest));
        }
    }
}
