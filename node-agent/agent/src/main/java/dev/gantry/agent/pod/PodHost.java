package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodStatus;
import java.io.IOException;
import java.util.List;

/** What the session tells the pods of this host, and what they tell it. Safe for use by many threads. */
public interface PodHost {
    /** Highest revision that is persisted; 0 for none. */
    long revision();

    /**
     * Persists, then acts on, a whole snapshot. Pods that it doesn't name are removed, unless its revision is lower than {@link #revision()}.
     *
     * @throws IOException when it could not be persisted (a full disk): nothing was taken, and nothing is lost
     */
    void snapshot(long revision, List<Assignment> assignments, List<PodFiles> files) throws IOException;

    /** As {@link #snapshot} for changes only. */
    void delta(long revision, List<Assignment> assignments, List<PodFiles> files, List<String> forgottenPodUids)
            throws IOException;

    /** The latest status of every pod. */
    List<PodStatus> statuses();

    /** Called with each change, on a thread that must not be blocked. */
    void listen(Listener listener);

    interface Listener {
        void statusChanged(PodStatus status);

        void event(PodEvent event);
    }
}
