package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodFiles;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A pod as its node gets it.
 *
 * @param assignment desired state RUNNING
 * @param files without revisions; volumes whose sources are missing are left out
 * @param references everything that was looked at
 * @param holds by container name
 */
record ConvertedPod(Assignment assignment, List<PodFiles> files, Set<Reference> references, Map<String, Hold> holds) {
    ConvertedPod {
        files = List.copyOf(files);
        references = Set.copyOf(references);
        holds = Map.copyOf(holds);
    }
}
