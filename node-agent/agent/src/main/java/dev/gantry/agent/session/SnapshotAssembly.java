package dev.gantry.agent.session;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.SnapshotPart;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects the parts of a snapshot; only a whole one comes out. Not safe for use by several threads. */
final class SnapshotAssembly {
    private final List<Assignment> assignments = new ArrayList<>();
    private final List<PodFiles> files = new ArrayList<>();
    private long revision = -1;

    record Snapshot(long revision, List<Assignment> assignments, List<PodFiles> files) {}

    Optional<Snapshot> part(SnapshotPart part) {
        if (part.getRevision() != revision) {
            assignments.clear();
            files.clear();
            revision = part.getRevision();
        }
        assignments.addAll(part.getAssignmentsList());
        files.addAll(part.getFilesList());
        if (!part.getEnd()) {
            return Optional.empty();
        }
        Snapshot whole = new Snapshot(revision, List.copyOf(assignments), List.copyOf(files));
        assignments.clear();
        files.clear();
        revision = -1;
        return Optional.of(whole);
    }
}
