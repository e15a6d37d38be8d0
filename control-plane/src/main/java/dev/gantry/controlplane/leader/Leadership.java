package dev.gantry.controlplane.leader;

import dev.gantry.controlplane.store.Fence;
import java.util.List;
import java.util.Optional;

/** Whether this control plane leads, and who does otherwise. Safe for use by many threads. */
public interface Leadership {
    /** The fence of this control plane's epoch; empty while it does not lead or is not sure to (connection suspended). */
    Optional<Fence> fence();

    /** host:port of the leader's advertised addresses as last seen; empty when there is none. */
    List<String> leaderAddresses();

    /** Registers a leader-only part. Called back on one thread, won before lost, in order of registration (lost: in reverse). */
    void register(Term.Part part);

    /** One reign. */
    interface Term {
        Fence fence();

        /** A part of the control plane that works only while this replica leads. */
        interface Part {
            /** The cache has passed a barrier taken after the epoch began. Must return soon: start threads, don't work. */
            void won(Term term);

            /** Stop at once; writes still under way fail by the fence. Must return soon. */
            void lost();
        }
    }
}
