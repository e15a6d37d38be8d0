package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodFiles;
import java.util.Map;

/**
 * A pod as read from disk.
 *
 * @param partial the assignment lacks its secrets, which lay in memory and are gone since a reboot: the pod waits for the next one
 * @param files by volume
 */
record StoredPod(Assignment assignment, boolean partial, PodRecord record, Map<String, PodFiles> files) {
    StoredPod {
        files = Map.copyOf(files);
    }

    String uid() {
        return assignment.getPod().getUid();
    }
}
