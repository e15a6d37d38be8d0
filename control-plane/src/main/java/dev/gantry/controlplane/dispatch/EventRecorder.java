package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.common.identity.Keys;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.wire.node.v1.PodEvent;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what nodes say of pods as Event objects. The same event again raises a count; what waits to be written is bounded, and the oldest is dropped:
 * events inform, nothing depends on them.
 */
final class EventRecorder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
    private static final int WAITING = 2_000;
    private static final int MESSAGE_LENGTH = 1_024;
    private static final long PACE_MILLIS = 5;

    private final ClusterObjects objects;
    private final Fence fence;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Occurrences> waiting = new LinkedHashMap<>();
    private final Thread thread;

    private record Occurrences(String nodeName, PodEvent event, int count, long firstMillis) {}

    EventRecorder(ClusterObjects objects, Fence fence) {
        this.objects = objects;
        this.fence = fence;
        this.thread = Thread.ofVirtual().name("dispatch-event-recorder").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void offer(String nodeName, PodEvent event) {
        lock.lock();
        try {
            waiting.merge(
                    name(nodeName, event),
                    new Occurrences(nodeName, event, 1, event.getAtMillis()),
                    (before, now) -> new Occurrences(nodeName, event, before.count() + 1, before.firstMillis()));
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
                Map.Entry<String, Occurrences> next = take();
                try {
                    write(next.getKey(), next.getValue());
                } catch (StoreException.Deposed e) {
                    return;
                } catch (StoreException | ApiException e) {
                    // a namespace that is going away, a full store: the event is lost, which is allowed
                    LOG.debug("Event {} was not written: {}", next.getKey(), e.getMessage());
                }
                TimeUnit.MILLISECONDS.sleep(PACE_MILLIS);
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    private Map.Entry<String, Occurrences> take() throws InterruptedException {
        lock.lock();
        try {
            while (waiting.isEmpty()) {
                changed.await();
            }
            Map.Entry<String, Occurrences> next = Map.entry(
                    waiting.keySet().iterator().next(),
                    waiting.values().iterator().next());
            waiting.remove(next.getKey());
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void write(String name, Occurrences occurrences) {
        PodEvent event = occurrences.event();
        Optional<Event> known = objects.get(EVENTS, event.getPod().getNamespace(), name);
        if (known.isPresent()) {
            Event update = known.get();
            update.setCount((update.getCount() == null ? 1 : update.getCount()) + occurrences.count());
            update.setLastTimestamp(time(event.getAtMillis()));
            objects.update(EVENTS, update, fence);
        } else {
            objects.create(EVENTS, event(name, occurrences), fence);
        }
    }

    private static Event event(String name, Occurrences occurrences) {
        PodEvent event = occurrences.event();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(event.getPod().getNamespace())
                .withName(name)
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion("v1")
                .withKind("Pod")
                .withNamespace(event.getPod().getNamespace())
                .withName(event.getPod().getName())
                .withUid(event.getPod().getUid())
                .withFieldPath(event.getFieldPath().isEmpty() ? null : event.getFieldPath())
                .endInvolvedObject()
                .withReason(event.getReason())
                .withMessage(
                        event.getMessage().length() > MESSAGE_LENGTH
                                ? event.getMessage().substring(0, MESSAGE_LENGTH)
                                : event.getMessage())
                .withType(event.getWarning() ? "Warning" : "Normal")
                .withCount(occurrences.count())
                .withFirstTimestamp(time(occurrences.firstMillis()))
                .withLastTimestamp(time(event.getAtMillis()))
                .withNewSource("gantry-agent", occurrences.nodeName())
                .withReportingComponent("gantry-agent")
                .withReportingInstance(occurrences.nodeName())
                .build();
    }

    /** Equal events have equal names, on every leader. */
    private static String name(String nodeName, PodEvent event) {
        String identity = String.join(
                "\0",
                nodeName,
                event.getPod().getUid(),
                event.getReason(),
                event.getMessage(),
                event.getFieldPath(),
                Boolean.toString(event.getWarning()));
        String pod = event.getPod().getName();
        return (pod.length() > 230 ? pod.substring(0, 230) : pod) + "."
                + Keys.sha256(identity.getBytes(UTF_8)).substring(0, 16);
    }

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
