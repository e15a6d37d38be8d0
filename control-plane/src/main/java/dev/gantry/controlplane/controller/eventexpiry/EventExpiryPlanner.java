package dev.gantry.controlplane.controller.eventexpiry;

import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.Times;
import dev.gantry.controlplane.resource.ClusterObjects;
import io.fabric8.kubernetes.api.model.Event;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;

/** Deletes an Event when it has not happened again for its time to live. */
public final class EventExpiryPlanner implements Planner<ObjectName> {
    private final Duration timeToLive;

    public EventExpiryPlanner(Duration timeToLive) {
        this.timeToLive = requireNonNull(timeToLive, "timeToLive is null");
    }

    @Override
    public String name() {
        return "event-expiry";
    }

    @Override
    public void subscribe(Subscriptions<ObjectName> subscriptions) {
        // An event that happens again is looked at when its first time is over, and then given the rest.
        subscriptions.watch(EVENTS, (before, after) -> {
            if (before == null && after != null) {
                subscriptions.enqueue(ObjectName.of(after));
            }
        });
    }

    @Override
    public Plan plan(ObjectName key, ClusterObjects objects, Circumstances circumstances) {
        return objects.get(EVENTS, key.namespace(), key.name())
                .map(event -> plan(event, circumstances.now()))
                .orElse(Plan.nothing());
    }

    private Plan plan(Event event, Instant now) {
        Duration left = Duration.between(now, lastHappened(event).plus(timeToLive));
        return left.isPositive() ? Plan.after(left) : Plan.of(Action.Delete.of(EVENTS, event));
    }

    private static Instant lastHappened(Event event) {
        return Stream.of(
                        Times.parse(event.getMetadata().getCreationTimestamp(), Instant.EPOCH),
                        Times.parse(event.getLastTimestamp(), Instant.EPOCH),
                        Times.parse(
                                event.getEventTime() == null
                                        ? null
                                        : event.getEventTime().getTime(),
                                Instant.EPOCH),
                        Times.parse(
                                event.getSeries() == null || event.getSeries().getLastObservedTime() == null
                                        ? null
                                        : event.getSeries()
                                                .getLastObservedTime()
                                                .getTime(),
                                Instant.EPOCH))
                .max(Instant::compareTo)
                .orElse(Instant.EPOCH);
    }
}
