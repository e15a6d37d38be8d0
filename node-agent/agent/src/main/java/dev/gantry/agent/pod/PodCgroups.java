package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerConfig;
import java.io.IOException;
import java.util.Collection;

/** The cgroup of each pod, above those of its containers. Idempotent; blocking, but never for long. */
public interface PodCgroups {
    /** Path of a pod's group beneath the agent's tree. */
    static String path(String podUid) {
        return "pods/" + podUid;
    }

    /** Makes the group, or takes the one that is there, and sets the limits of the pod as a whole. */
    void create(String podUid, ContainerConfig.Limits limits) throws IOException;

    /** Removes the group with what is beneath; no process may be in it. */
    void delete(String podUid) throws IOException;

    /** Removes the groups of pods that are not in {@code podUids}. */
    void deleteAllBut(Collection<String> podUids) throws IOException;
}
