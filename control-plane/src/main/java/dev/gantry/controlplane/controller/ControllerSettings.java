package dev.gantry.controlplane.controller;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * @param nodeNotReadyAfter how long a node may be silent before it counts as not ready
 * @param evictAfter how long pods stay on a node that is not ready, unless their tolerations say otherwise
 * @param goneNodePatience how long a Node object must be gone before its pods are removed
 * @param eventTimeToLive how long an Event is kept after it last happened
 * @param workers how many keys each controller works on at a time
 */
public record ControllerSettings(
        Duration nodeNotReadyAfter,
        Duration evictAfter,
        Duration goneNodePatience,
        Duration eventTimeToLive,
        int workers) {
    public ControllerSettings {
        requireNonNull(nodeNotReadyAfter, "nodeNotReadyAfter is null");
        requireNonNull(evictAfter, "evictAfter is null");
        requireNonNull(goneNodePatience, "goneNodePatience is null");
        requireNonNull(eventTimeToLive, "eventTimeToLive is null");
        if (workers < 1) {
            throw new IllegalArgumentException("workers must be at least 1: " + workers);
        }
    }

    public static ControllerSettings defaults() {
        return new ControllerSettings(
                Duration.ofSeconds(15), Duration.ofSeconds(25), Duration.ofSeconds(5), Duration.ofHours(1), 4);
    }
}
