package dev.gantry.agent.pod;

import dev.gantry.agent.time.AlarmClock.Alarm;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Delta;
import dev.gantry.wire.node.v1.PodFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what the leader sends: first as one file, whole, then spread over the pods it is about. Closing it ends the spreading; what is accepted stays. Safe
 * for use by many threads.
 */
final class AssignmentIntake implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AssignmentIntake.class);
    private static final long SPREAD_AGAIN_MILLIS = 5_000;

    private final PodContext context;
    private final PodStore store;
    private final DiskCopies copies;
    private final Map<String, PodWorker> workers;
    private boolean ended;
    private @Nullable Alarm spreadAgain;
    private volatile long revision;

    /** @param workers by pod uid; those of new pods are added */
    AssignmentIntake(PodContext context, DiskCopies copies, Map<String, PodWorker> workers) {
        this.context = context;
        this.store = context.store();
        this.copies = copies;
        this.workers = workers;
    }

    /** Goes on where an earlier agent ended. Once every known pod has its worker. */
    synchronized void begin() throws IOException {
        revision = store.revision();
        spreadAccepted();
    }

    /** Highest revision that is spread. */
    long revision() {
        return revision;
    }

    /**
     * Takes a batch whole, or not at all.
     *
     * @throws IllegalArgumentException for an assignment that no correct leader sends
     * @throws IOException when it can't be kept
     */
    synchronized void take(PodStore.Batch batch) throws IOException {
        batch.delta().getAssignmentsList().forEach(AssignmentCheck::check);
        batch.delta().getFilesList().forEach(AssignmentCheck::check);
        Optional<PodStore.Batch> earlier = store.accepted();
        if (earlier.isPresent()) {
            spread(earlier.get());
        }
        if (batch.delta().getRevision() < revision) {
            log.warn(
                    "Assignments of revision {} are older than what this agent has, {}: nothing of them is taken",
                    batch.delta().getRevision(),
                    revision);
            return;
        }
        store.accept(batch);
        spreadAccepted();
    }

    /** What was accepted is persisted as a whole and counts as taken: when it can't be spread (a full disk) that is tried again. */
    private synchronized void spreadAccepted() {
        if (ended) {
            return;
        }
        try {
            Optional<PodStore.Batch> accepted = store.accepted();
            if (accepted.isPresent()) {
                spread(accepted.get());
            }
        } catch (IOException e) {
            log.warn("Assignments are kept in one piece for now; trying again in {} ms", SPREAD_AGAIN_MILLIS, e);
            spreadAgain = context.clock()
                    .at(
                            context.clock().millis() + SPREAD_AGAIN_MILLIS,
                            () -> Thread.ofVirtual().name("pod-assignments").start(this::spreadAccepted));
        }
    }

    @Override
    public synchronized void close() {
        ended = true;
        if (spreadAgain != null) {
            spreadAgain.cancel();
        }
    }

    private void spread(PodStore.Batch batch) throws IOException {
        Delta delta = batch.delta();
        Set<String> named = new HashSet<>();
        for (Assignment assignment : delta.getAssignmentsList()) {
            named.add(assignment.getPod().getUid());
            assign(assignment, delta.getFilesList());
        }
        for (PodFiles files : delta.getFilesList()) {
            PodWorker worker = workers.get(files.getPodUid());
            if (worker != null && worker.lacks(files)) {
                store.writeFiles(files);
                worker.takeFiles(files);
            }
        }
        delta.getForgottenPodUidsList().forEach(this::forget);
        if (batch.snapshot()) {
            workers.keySet().stream().filter(uid -> !named.contains(uid)).forEach(this::forget);
        }
        store.acceptedDone(delta.getRevision());
        revision = delta.getRevision();
        copies.revisionChanged(revision);
    }

    private void assign(Assignment assignment, List<PodFiles> files) throws IOException {
        String uid = assignment.getPod().getUid();
        PodWorker worker = workers.get(uid);
        if (worker == null) {
            store.writeAssignment(assignment);
            Map<String, PodFiles> ofPod = new HashMap<>();
            for (PodFiles candidate : files) {
                if (candidate.getPodUid().equals(uid)) {
                    store.writeFiles(candidate);
                    ofPod.put(candidate.getVolume(), candidate);
                }
            }
            PodWorker begun = new PodWorker(
                    context,
                    new StoredPod(
                            assignment, false, PodRecord.begun(context.clock().millis()), ofPod));
            workers.put(uid, begun);
            begun.start();
            copies.podChanged(uid);
        } else if (!worker.isRemoving() || assignment.getDesired() == Assignment.DesiredState.REMOVED) {
            store.writeAssignment(assignment);
            worker.assign(assignment);
        }
    }

    private void forget(String uid) {
        PodWorker worker = workers.get(uid);
        if (worker != null) {
            worker.forget();
        }
    }
}
