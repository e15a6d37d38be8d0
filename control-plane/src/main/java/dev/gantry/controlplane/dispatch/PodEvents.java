package dev.gantry.controlplane.dispatch;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.event.EventRecorder;
import dev.gantry.controlplane.event.Occurrence;
import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.wire.node.v1.PodEvent;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What nodes say of pods, on its way to becoming Event objects. Told again before it is written, it is written once with a higher count; what waits is
 * bounded, and the oldest is dropped: events inform, nothing depends on them. Safe for use by many threads.
 */
final class PodEvents implements AutoCloseable {
    /** Who tells, as users see it under "From". */
    static final String COMPONENT = "gantry-agent";

    private static final int WAITING = 2_000;
    private static final long PACE_MILLIS = 5;

    private final EventRecorder recorder;
    private final Fence fence;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LinkedHashMap<String, Occurrence> waiting = new LinkedHashMap<>();
    private final Thread thread;

    PodEvents(EventRecorder recorder, Fence fence) {
        this.recorder = requireNonNull(recorder, "recorder is null");
        this.fence = requireNonNull(fence, "fence is null");
        this.thread = Thread.ofVirtual().name("dispatch-pod-events").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void offer(String nodeName, PodEvent event) {
        Occurrence occurrence = occurrence(nodeName, event);
        lock.lock();
        try {
            waiting.merge(occurrence.name(), occurrence, (before, now) -> now.after(before));
            if (waiting.size() > WAITING) {
                waiting.remove(waiting.keySet().iterator().next());
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void run() {
        try {
            while (true) {
                recorder.record(take(), fence);
                TimeUnit.MILLISECONDS.sleep(PACE_MILLIS);
            }
        } catch (InterruptedException | StoreException.Deposed e) {
            // the reign is over
        }
    }

    private Occurrence take() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty()) {
                changed.await();
            }
            return requireNonNull(waiting.pollFirstEntry()).getValue();
        } finally {
            lock.unlock();
        }
    }

    private static Occurrence occurrence(String nodeName, PodEvent event) {
        Instant at = Instant.ofEpochMilli(event.getAtMillis());
        return new Occurrence(
                new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withNamespace(event.getPod().getNamespace())
                        .withName(event.getPod().getName())
                        .withUid(event.getPod().getUid())
                        .withFieldPath(event.getFieldPath().isEmpty() ? null : event.getFieldPath())
                        .build(),
                event.getWarning() ? Severity.WARNING : Severity.NORMAL,
                event.getReason(),
                event.getMessage(),
                COMPONENT,
                nodeName,
                1,
                at,
                at);
    }
}
