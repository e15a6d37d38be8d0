package dev.gantry.agent.session;

import java.io.IOException;
import java.nio.file.Path;

/** A host's place in a cluster, as far as it is kept on the host. */
public final class NodeMembership {
    private NodeMembership() {}

    /** Forgets the cluster: the host can join another. Idempotent; the identity goes last, so that it can be cut short. */
    public static void forget(Path stateDirectory) throws IOException {
        EpochMemory.forget(stateDirectory);
        NodeJoin.forget(stateDirectory);
        NodeIdentity.forget(stateDirectory);
    }
}
