package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is remembered of one pod: what it shall be, and how far it has come. Progress is written as soon as it is made; what a full disk does not take is
 * kept here until it does. Used by the pod's thread only, but for {@link #stored}.
 */
final class PodMemory {
    private static final Logger log = LoggerFactory.getLogger(PodMemory.class);

    private final PodContext context;
    private volatile StoredPod stored;
    private boolean unsaved;

    PodMemory(PodContext context, StoredPod pod) {
        this.context = context;
        this.stored = pod;
    }

    /** All of it, for its copy on disk and for readers on other threads. */
    StoredPod stored() {
        return stored;
    }

    Assignment assignment() {
        return stored.assignment();
    }

    /** Whether the assignment lacks its secrets, see {@link StoredPod}. */
    boolean partial() {
        return stored.partial();
    }

    PodRecord record() {
        return stored.record();
    }

    /** By volume. */
    Map<String, PodFiles> files() {
        return stored.files();
    }

    /** Whoever hands the assignment over has written it. */
    void assign(Assignment next) {
        remember(new StoredPod(next, false, record(), files()));
    }

    /** Stops as if it had been told to: nobody asks for the pod any more. */
    void assignRemoval() {
        Assignment removal = assignment().toBuilder()
                .setDesired(Assignment.DesiredState.REMOVED)
                .setGraceSeconds(assignment().getSpec().getTerminationGraceSeconds())
                .build();
        remember(new StoredPod(removal, partial(), record(), files()));
    }

    /** Whoever hands the files over has written them. */
    void take(PodFiles next) {
        Map<String, PodFiles> all = new HashMap<>(files());
        all.put(next.getVolume(), next);
        remember(new StoredPod(assignment(), partial(), record(), all));
    }

    /** Taken up at this time; not written before the first change of its progress. */
    void begin(long nowMillis) {
        stored = new StoredPod(assignment(), partial(), record().withStartedAt(nowMillis), files());
    }

    /** @return whether it is written */
    boolean save(PodRecord changed) {
        remember(new StoredPod(assignment(), partial(), changed, files()));
        try {
            context.store().writeRecord(stored.uid(), changed);
            unsaved = false;
        } catch (IOException e) {
            log.error("State of pod {} could not be written; trying again", stored.uid(), e);
            unsaved = true;
        }
        return !unsaved;
    }

    /** Writes what could not be written before; true when nothing is left to write. */
    boolean saveUnsaved() {
        return !unsaved || save(record());
    }

    private void remember(StoredPod changed) {
        stored = changed;
        context.observer().recordChanged(changed.uid());
    }
}
