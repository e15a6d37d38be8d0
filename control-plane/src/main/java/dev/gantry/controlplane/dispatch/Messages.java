package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Delta;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.ServiceEntry;
import dev.gantry.wire.node.v1.ServiceTablePart;
import dev.gantry.wire.node.v1.SnapshotPart;
import dev.gantry.wire.node.v1.ToAgent;
import java.util.ArrayList;
import java.util.List;

/** Cuts what is to be sent into messages of a moderate size. Pure. */
final class Messages {
    private static final int PART_BYTES = 512 * 1024;

    private Messages() {}

    /** At least one part; the end mark is on the last one only. */
    static List<ToAgent> snapshot(long revision, List<Assignment> assignments, List<PodFiles> files) {
        List<ToAgent> parts = new ArrayList<>();
        SnapshotPart.Builder part = SnapshotPart.newBuilder().setRevision(revision);
        int size = 0;
        for (Assignment assignment : assignments) {
            if (size > PART_BYTES) {
                parts.add(ToAgent.newBuilder().setSnapshot(part).build());
                part = SnapshotPart.newBuilder().setRevision(revision);
                size = 0;
            }
            part.addAssignments(assignment);
            size += assignment.getSerializedSize();
        }
        for (PodFiles file : files) {
            if (size > PART_BYTES) {
                parts.add(ToAgent.newBuilder().setSnapshot(part).build());
                part = SnapshotPart.newBuilder().setRevision(revision);
                size = 0;
            }
            part.addFiles(file);
            size += file.getSerializedSize();
        }
        parts.add(ToAgent.newBuilder().setSnapshot(part.setEnd(true)).build());
        return parts;
    }

    /** A pod's assignment never comes before its files, so that no container starts without them. */
    static List<ToAgent> delta(long revision, PodAssignments.Changes changes) {
        List<ToAgent> messages = new ArrayList<>();
        Delta.Builder delta = Delta.newBuilder().setRevision(revision);
        int size = 0;
        for (PodFiles file : changes.files()) {
            delta.addFiles(file);
            size += file.getSerializedSize();
            if (size > PART_BYTES) {
                messages.add(ToAgent.newBuilder().setDelta(delta).build());
                delta = Delta.newBuilder().setRevision(revision);
                size = 0;
            }
        }
        for (Assignment assignment : changes.assignments()) {
            delta.addAssignments(assignment);
            size += assignment.getSerializedSize();
            if (size > PART_BYTES) {
                messages.add(ToAgent.newBuilder().setDelta(delta).build());
                delta = Delta.newBuilder().setRevision(revision);
                size = 0;
            }
        }
        delta.addAllForgottenPodUids(changes.forgotten());
        if (delta.getFilesCount() + delta.getAssignmentsCount() + delta.getForgottenPodUidsCount() > 0) {
            messages.add(ToAgent.newBuilder().setDelta(delta).build());
        }
        return messages;
    }

    static List<ToAgent> services(ServiceTable.Version table) {
        List<ToAgent> parts = new ArrayList<>();
        ServiceTablePart.Builder part = ServiceTablePart.newBuilder().setRevision(table.revision());
        int size = 0;
        for (ServiceEntry entry : table.entries().values()) {
            if (size > PART_BYTES) {
                parts.add(ToAgent.newBuilder().setServices(part).build());
                part = ServiceTablePart.newBuilder().setRevision(table.revision());
                size = 0;
            }
            part.addServices(entry);
            size += entry.getSerializedSize();
        }
        parts.add(ToAgent.newBuilder().setServices(part.setEnd(true)).build());
        return parts;
    }
}
