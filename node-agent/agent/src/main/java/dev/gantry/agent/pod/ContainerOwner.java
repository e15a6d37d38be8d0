package dev.gantry.agent.pod;

import dev.gantry.agent.network.PodNetwork;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pod that a container belongs to. */
interface ContainerOwner {
    PodIdentity pod();

    PodSpec spec();

    DesiredState desired();

    /** Null with the host's network, and before there is one. */
    PodNetwork.@Nullable Attachment attachment();

    /** Where its containers listen; empty before it has a network. */
    Optional<String> address();

    /** Runs a task on the pod's thread, later; the pod is looked at again after it. */
    void post(Runnable task);

    /**
     * Remembers a change. What could not be written is kept in memory and written later.
     *
     * @return whether it is written
     */
    boolean save(ContainerRecord record);

    /** @param container empty for the pod as a whole */
    void event(String reason, String message, boolean warning, String container);
}
