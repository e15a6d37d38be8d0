package dev.gantry.controlplane.controller;

import dev.gantry.controlplane.controller.deployment.DeploymentPlanner;
import dev.gantry.controlplane.controller.endpointslice.EndpointSlicePlanner;
import dev.gantry.controlplane.controller.eventexpiry.EventExpiryPlanner;
import dev.gantry.controlplane.controller.garbage.GarbagePlanner;
import dev.gantry.controlplane.controller.namespace.NamespacePlanner;
import dev.gantry.controlplane.controller.nodelife.NodeLifePlanner;
import dev.gantry.controlplane.controller.podgarbage.PodGarbagePlanner;
import dev.gantry.controlplane.controller.replicaset.ReplicaSetPlanner;
import dev.gantry.controlplane.controller.runtime.Controller;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.WatchedKinds;
import dev.gantry.controlplane.controller.serviceaccount.ServiceAccountPlanner;
import dev.gantry.controlplane.dispatch.NodePresence;
import dev.gantry.controlplane.leader.Leadership;
import dev.gantry.controlplane.resource.ClusterObjects;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All controllers, registered with the leadership: they work while this replica leads and stop at once when it doesn't. */
public final class Controllers {
    private final List<Leadership.Term.Part> parts;

    /**
     * Registers everything; nothing runs before a term is won.
     *
     * @param presence which nodes this leader hears
     * @param kinds the table of kinds, for controllers that work on all of them
     */
    public Controllers(
            ClusterObjects objects,
            Leadership leadership,
            Clock clock,
            NodePresence presence,
            WatchedKinds kinds,
            ControllerSettings settings) {
        // A pulse must not wait behind the pods of a silent node, so node life has workers of its own, like all.
        Stream<Planner<?>> planners = Stream.of(
                new DeploymentPlanner(),
                new ReplicaSetPlanner(),
                new EndpointSlicePlanner(),
                new NamespacePlanner(kinds),
                new GarbagePlanner(kinds),
                new NodeLifePlanner(() -> lastHeard(presence), settings.nodeNotReadyAfter(), settings.evictAfter()),
                new PodGarbagePlanner(settings.goneNodePatience()),
                new EventExpiryPlanner(settings.eventTimeToLive()),
                new ServiceAccountPlanner());
        parts = planners.<Leadership.Term.Part>map(planner -> controller(planner, objects, clock, settings))
                .toList();
        parts.forEach(leadership::register);
    }

    private static <K> Controller<K> controller(
            Planner<K> planner, ClusterObjects objects, Clock clock, ControllerSettings settings) {
        return new Controller<>(planner, objects, clock, settings.workers());
    }

    private static Map<String, Instant> lastHeard(NodePresence presence) {
        Map<String, Instant> heard = new HashMap<>();
        presence.nodes().forEach((node, seen) -> heard.put(node, seen.lastHeard()));
        return heard;
    }

    /** What was registered, in order. */
    public List<Leadership.Term.Part> parts() {
        return parts;
    }
}
