package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/** What leadership needs of the store: the epoch that is now, and the next one by compare-and-set. Safe for use by many threads. */
public interface Epochs {
    /**
     * The epoch that is now, after everything acknowledged to anyone.
     *
     * @throws StoreException.Unavailable when the ensemble doesn't answer
     */
    Epoch current();

    /**
     * Begins the epoch after {@code last}.
     *
     * @param holder who leads in it, for others to read; at most a few hundred bytes
     * @return empty when {@code last} was not the last any more
     * @throws StoreException when it failed, or may have happened: look again
     */
    Optional<Epoch> begin(Epoch last, byte[] holder);

    /** Whether the session of a replica lives, as far as the ensemble knows. */
    boolean isRegistered(String replica);

    /** Waits until the cache holds everything acknowledged before this call, by a write, also when this is the only replica. */
    void awaitBarrier(Duration timeout);

    boolean connected();

    void listen(ConnectionListener listener);

    /**
     * @param number grows for ever
     * @param holder as given to {@link #begin}; empty when nobody has led yet
     */
    record Epoch(long number, byte[] holder) {
        public Epoch {
            requireNonNull(holder, "holder is null");
        }

        public Fence fence() {
            return new Fence(number);
        }
    }

    /** Called on a thread of the connection; must not block. */
    interface ConnectionListener {
        default void connected() {}

        default void suspended() {}

        default void lost() {}

        /** Another epoch may have begun, or the holder of this one may have gone. */
        default void changed() {}
    }
}
