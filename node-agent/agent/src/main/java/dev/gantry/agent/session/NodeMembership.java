package dev.gantry.agent.session;

import java.io.IOException;
import java.nio.file.Path;

/** A host's place in a cluster, as far as it is kept on the host. */
public final class NodeMembership {
    private NodeMembership() {}

    /** Forgets the cluster: the host can join another. Idempotent. The identity goes first: one that stayed without its epoch would obey a deposed leader. */
    public static void forget(Path stateDirectory) throws IOException {
        NodeIdentity.forget(stateDirectory);
        EpochMemory.forget(stateDirectory);
        ControlPlaneMemory.forget(stateDirectory);
        NodeJoin.forget(stateDirectory);
    }
}
