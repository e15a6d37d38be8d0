package dev.gantry.controlplane.controller.runtime;

import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Kubernetes events. The same event about the same object is one Event object whose count rises, since its name is made from what it says. Losing
 * an event is not an error; losing the leadership is. Safe for use by many threads.
 */
public final class EventRecorder {
    private static final Logger log = LoggerFactory.getLogger(EventRecorder.class);
    private static final CrashPoint RECORDED = CrashPoint.of("controller.event-recorded");
    private static final int MAX_NAME = 253;
    private static final int MAX_MESSAGE = 1024;

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
     * @throws StoreException.Deposed when this replica no longer leads
     */
    public void record(Action.Report report, Fence fence) {
        try {
            write(report, fence);
            RECORDED.reach();
        } catch (StoreException.Deposed e) {
            throw e;
        } catch (StoreException | ApiException e) {
            log.info("Lost event {} about {}: {}", report.reason(), ObjectName.of(report.regarding()), e.getMessage());
        }
    }

    private void write(Action.Report report, Fence fence) {
        Event event = describe(report);
        String namespace = event.getMetadata().getNamespace();
        Optional<Event> before =
                objects.get(EVENTS, namespace, event.getMetadata().getName());
        if (before.isEmpty()) {
            objects.create(EVENTS, event, fence);
            return;
        }
        Event again = before.get();
        again.setCount(requireNonNullElse(again.getCount(), 1) + 1);
        again.setLastTimestamp(event.getLastTimestamp());
        objects.update(EVENTS, again, fence);
    }

    private Event describe(Action.Report report) {
        HasMetadata regarding = report.regarding();
        ObjectMeta metadata = regarding.getMetadata();
        String message = report.message().length() <= MAX_MESSAGE
                ? report.message()
                : report.message().substring(0, MAX_MESSAGE - 1) + "…";
        String identity =
                String.join("\n", requireNonNullElse(metadata.getUid(), ""), component, report.reason(), message);
        String suffix = "."
                + UUID.nameUUIDFromBytes(identity.getBytes(UTF_8))
                        .toString()
                        .replace("-", "")
                        .substring(0, 16);
        String name = metadata.getName();
        String prefix = name.substring(0, Math.min(name.length(), MAX_NAME - suffix.length()));
        String now = Times.format(clock.instant());
        return new EventBuilder()
                .withNewMetadata()
                .withName(prefix + suffix)
                .withNamespace(requireNonNullElse(metadata.getNamespace(), "default"))
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(regarding.getApiVersion())
                .withKind(regarding.getKind())
                .withNamespace(metadata.getNamespace())
                .withName(name)
                .withUid(metadata.getUid())
                .withResourceVersion(metadata.getResourceVersion())
                .endInvolvedObject()
                .withType(report.severity().type())
                .withReason(report.reason())
                .withMessage(message)
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withCount(1)
                .withNewSource()
                .withComponent(component)
                .endSource()
                .withReportingComponent(component)
                .withReportingInstance(component)
                .build();
    }
}
