package dev.gantry.controlplane.event;

import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Kubernetes events. The same event about the same object is one Event object whose count rises, since its name is made from what it says. Losing
 * an event is not an error; losing the leadership is. Safe for use by many threads.
 */
public final class EventRecorder {
    private static final Logger log = LoggerFactory.getLogger(EventRecorder.class);
    private static final CrashPoint RECORDED = CrashPoint.of("event.recorded");

    private final ClusterObjects objects;
    private final Clock clock;
    private final String component;

    /** @param component who reports, as users see it under "From" */
    public EventRecorder(ClusterObjects objects, Clock clock, String component) {
        this.objects = requireNonNull(objects, "objects is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.component = requireNonNull(component, "component is null");
    }

    /**
     * Of something that has just happened.
     *
     * @throws StoreException.Deposed when this replica no longer leads
     */
    public void record(HasMetadata regarding, Severity severity, String reason, String message, Fence fence) {
        Instant now = clock.instant();
        record(
                new Occurrence(Occurrence.reference(regarding), severity, reason, message, component, "", 1, now, now),
                fence);
    }

    /**
     * Of something that was told by another.
     *
     * @throws StoreException.Deposed when this replica no longer leads
     */
    public void record(Occurrence occurrence, Fence fence) {
        try {
            write(occurrence, fence);
            RECORDED.reach();
        } catch (StoreException.Deposed e) {
            throw e;
        } catch (StoreException | ApiException e) {
            // A namespace that is going away, a full store, another writer: nothing depends on an event.
            log.info(
                    "Lost event {} about {}/{}: {}",
                    occurrence.reason(),
                    occurrence.namespace(),
                    occurrence.regarding().getName(),
                    e.getMessage());
        }
    }

    private void write(Occurrence occurrence, Fence fence) {
        Optional<Event> before = objects.get(EVENTS, occurrence.namespace(), occurrence.name());
        if (before.isEmpty()) {
            objects.create(EVENTS, occurrence.toEvent(), fence);
            return;
        }
        Event again = before.get();
        again.setCount(requireNonNullElse(again.getCount(), 1) + occurrence.count());
        again.setLastTimestamp(Occurrence.time(occurrence.last()));
        objects.update(EVENTS, again, fence);
    }
}
