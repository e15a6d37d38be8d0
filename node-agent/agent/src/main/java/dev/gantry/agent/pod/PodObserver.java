package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodStatus;

/** Who is told what happens to pods. Called on the workers' threads; must not block. */
interface PodObserver {
    /** A number higher than any before, in this boot of the host. */
    long nextSequence();

    void statusChanged(PodStatus status);

    void event(PodEvent event);

    /** What is remembered of the pod has changed. */
    void recordChanged(String podUid);

    /** The pod is removed and nobody asks for it: its worker ends. */
    void gone(String podUid);
}
