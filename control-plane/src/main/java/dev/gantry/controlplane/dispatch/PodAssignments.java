package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.PODS;

import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What one node has been sent during one session, and what it must be sent next. Used by the session's sending thread alone, but for {@link #users} and
 * {@link #holds}.
 */
final class PodAssignments {
    private final String nodeName;
    private final ClusterObjects objects;
    private final PodIndex index;
    private final PodConverter converter;
    private final Sources sources;
    private final StopGate gate;
    private final Map<String, Sent> sent = new HashMap<>();
    private final Map<Reference, Set<String>> users = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Hold>> holds = new ConcurrentHashMap<>();

    private record Sent(Assignment assignment, Map<String, PodFiles> files, Set<Reference> references) {}

    /** What changed for some pods; revisions are filled in. */
    record Changes(List<Assignment> assignments, List<PodFiles> files, List<String> forgotten, List<String> newHolds) {
        boolean isEmpty() {
            return assignments.isEmpty() && files.isEmpty() && forgotten.isEmpty();
        }
    }

    PodAssignments(String nodeName, ClusterObjects objects, PodIndex index, PodConverter converter, StopGate gate) {
        this.nodeName = nodeName;
        this.objects = objects;
        this.index = index;
        this.converter = converter;
        this.sources = new ObjectSources(objects, nodeName);
        this.gate = gate;
    }

    /** Pods of this node whose conversion looked at something. */
    Set<String> users(Reference reference) {
        return Set.copyOf(users.getOrDefault(reference, Set.of()));
    }

    /** Why a pod's containers wait, by container. */
    Map<String, Hold> holds(String uid) {
        return holds.getOrDefault(uid, Map.of());
    }

    /**
     * Looks at pods again.
     *
     * @param reported the node's latest status of a pod, or null
     * @param revision the store revision that is looked at, for files
     */
    Changes update(Set<String> uids, Function<String, @Nullable PodStatus> reported, long revision) {
        Changes changes = new Changes(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (String uid : uids) {
            Optional<Pod> pod = find(uid);
            if (pod.isEmpty()) {
                forget(uid, reported.apply(uid) != null, changes);
            } else {
                send(pod.get(), reported.apply(uid), revision, changes);
            }
        }
        return changes;
    }

    private void send(Pod pod, @Nullable PodStatus status, long revision, Changes changes) {
        String uid = pod.getMetadata().getUid();
        Sent before = sent.get(uid);
        ConvertedPod converted = converter.convert(pod, sources, status, before == null ? null : before.assignment());
        boolean deleting = pod.getMetadata().getDeletionTimestamp() != null;
        Assignment assignment =
                deleting && gate.mayStop(uid) ? removed(pod, converted.assignment()) : converted.assignment();
        Map<String, PodFiles> files = new HashMap<>();
        for (PodFiles file : converted.files()) {
            files.put(file.getVolume(), file);
            if (before == null || !Objects.equals(before.files().get(file.getVolume()), file)) {
                changes.files().add(file.toBuilder().setRevision(revision).build());
            }
        }
        if (before != null) {
            before.files().forEach(files::putIfAbsent);
        }
        if (before == null || !assignment.equals(before.assignment())) {
            changes.assignments().add(assignment);
        }
        Map<String, Hold> heldBefore =
                converted.holds().isEmpty() ? holds.remove(uid) : holds.put(uid, converted.holds());
        if (!converted.holds().equals(heldBefore == null ? Map.of() : heldBefore)) {
            changes.newHolds().add(uid);
        }
        register(uid, before == null ? Set.of() : before.references(), converted.references());
        sent.put(uid, new Sent(assignment, files, converted.references()));
    }

    private static Assignment removed(Pod pod, Assignment running) {
        Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
        return running.toBuilder()
                .setDesired(Assignment.DesiredState.REMOVED)
                .setGraceSeconds(
                        grace == null
                                ? running.getSpec().getTerminationGraceSeconds()
                                : (int) Math.clamp(grace, 0, Integer.MAX_VALUE))
                .build();
    }

    private void forget(String uid, boolean known, Changes changes) {
        Sent before = sent.remove(uid);
        if (before != null) {
            register(uid, before.references(), Set.of());
        }
        if (before != null || known) {
            changes.forgotten().add(uid);
        }
        holds.remove(uid);
        index.remove(nodeName, uid);
        gate.forget(uid);
    }

    private Optional<Pod> find(String uid) {
        PodIndex.Key key = index.find(nodeName, uid);
        return key == null
                ? Optional.empty()
                : objects.get(PODS, key.namespace(), key.name())
                        .filter(pod -> uid.equals(pod.getMetadata().getUid()))
                        .filter(pod -> nodeName.equals(pod.getSpec().getNodeName()));
    }

    private void register(String uid, Set<Reference> before, Set<Reference> after) {
        for (Reference reference : before) {
            if (!after.contains(reference)) {
                users.computeIfPresent(reference, (key, uids) -> {
                    Set<String> left = new HashSet<>(uids);
                    left.remove(uid);
                    return left.isEmpty() ? null : Set.copyOf(left);
                });
            }
        }
        for (Reference reference : after) {
            users.merge(reference, Set.of(uid), (known, one) -> {
                Set<String> all = new HashSet<>(known);
                all.addAll(one);
                return Set.copyOf(all);
            });
        }
    }
}
