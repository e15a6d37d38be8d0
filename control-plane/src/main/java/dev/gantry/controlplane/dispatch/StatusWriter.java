package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.PODS;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what nodes report, in batches: the latest status of each pod, once, and the final deletion of pods that their node has freed. What fails for a
 * passing reason is written later; nothing is kept in between but the latest word on each pod, so that a burst costs no memory.
 */
final class StatusWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
    private static final CrashPoint WRITTEN = CrashPoint.of("dispatch.status-written");
    private static final CrashPoint FINALIZED = CrashPoint.of("dispatch.pod-finalized");
    private static final int BATCH = 256;
    private static final long RETRY_MILLIS = 200;

    private final ClusterObjects objects;
    private final Fence fence;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Report> pending = new LinkedHashMap<>();
    private boolean closed;
    private final Thread thread;

    /** @param holds by container, as they were when the status came */
    record Report(String nodeName, PodStatus status, Map<String, Hold> holds) {}

    StatusWriter(ClusterObjects objects, Fence fence, Clock clock) {
        this.objects = objects;
        this.fence = fence;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("dispatch-status-writer").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void offer(Report report) {
        lock.lock();
        try {
            pending.put(report.status().getPod().getUid(), report);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }

    private void run() {
        try {
            while (true) {
                List<Report> batch = take();
                if (batch.isEmpty()) {
                    return;
                }
                List<Report> failed = write(batch);
                if (!failed.isEmpty()) {
                    putBack(failed);
                    TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            // closed
        } catch (StoreException.Deposed e) {
            LOG.info("Statuses of nodes are no longer written here: {}", e.getMessage());
        }
    }

    private List<Report> take() throws InterruptedException {
        lock.lock();
        try {
            while (pending.isEmpty() && !closed) {
                changed.await();
            }
            if (closed) {
                return List.of();
            }
            List<Report> batch = pending.values().stream().limit(BATCH).toList();
            batch.forEach(report -> pending.remove(report.status().getPod().getUid()));
            return batch;
        } finally {
            lock.unlock();
        }
    }

    /** Unless a newer word has come meanwhile. */
    private void putBack(List<Report> reports) {
        lock.lock();
        try {
            reports.forEach(
                    report -> pending.putIfAbsent(report.status().getPod().getUid(), report));
        } finally {
            lock.unlock();
        }
    }

    /** @return what must be tried again */
    private List<Report> write(List<Report> batch) {
        try {
            List<Pod> changes = new ArrayList<>();
            Map<String, Report> changing = new LinkedHashMap<>();
            for (Report report : batch) {
                find(report).ifPresent(pod -> {
                    var status = PodStatusConverter.convert(pod, report.status(), report.holds(), clock.instant());
                    if (!status.equals(pod.getStatus())) {
                        pod.setStatus(status);
                        changes.add(pod);
                        changing.put(pod.getMetadata().getUid(), report);
                    }
                });
            }
            Set<String> written = new HashSet<>();
            if (!changes.isEmpty()) {
                objects.updateStatuses(PODS, changes, fence)
                        .forEach(pod -> written.add(pod.getMetadata().getUid()));
                WRITTEN.reach();
            }
            List<Report> failed = new ArrayList<>();
            changing.forEach((uid, report) -> {
                if (!written.contains(uid)) {
                    failed.add(report);
                }
            });
            for (Report report : batch) {
                if (!failed.contains(report) && report.status().getRemoved()) {
                    finish(report);
                }
            }
            return failed;
        } catch (StoreException.Deposed e) {
            throw e;
        } catch (StoreException | ApiException e) {
            LOG.warn("Statuses of {} pods could not be written, trying again: {}", batch.size(), e.getMessage());
            return batch;
        }
    }

    /** A node speaks for its own pods only, and for the very pod that it was given. */
    private Optional<Pod> find(Report report) {
        PodIdentity identity = report.status().getPod();
        return objects.get(PODS, identity.getNamespace(), identity.getName())
                .filter(pod -> identity.getUid().equals(pod.getMetadata().getUid()))
                .filter(pod -> report.nodeName().equals(pod.getSpec().getNodeName()));
    }

    private void finish(Report report) {
        Optional<Pod> pod = find(report).filter(found -> found.getMetadata().getDeletionTimestamp() != null);
        if (pod.isPresent()) {
            objects.delete(
                    PODS,
                    pod.get().getMetadata().getNamespace(),
                    pod.get().getMetadata().getName(),
                    new DeleteOptions(pod.get().getMetadata().getUid(), 0L, null),
                    fence);
            FINALIZED.reach();
        }
    }
}
