package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;

/**
 * What placement knows of a node.
 *
 * @param cordoned whether an operator keeps new pods off it
 * @param ready whether its agent says it is ready and is heard
 * @param allocatable what pods may use in total
 * @param images identities of images that it holds (digests, canonical names) → their bytes
 */
public record NodeFacts(
        String name,
        Map<String, String> labels,
        List<Taint> taints,
        boolean cordoned,
        boolean ready,
        Resources allocatable,
        Map<String, Long> images) {
    public NodeFacts {
        requireNonNull(name, "name is null");
        labels = Map.copyOf(labels);
        taints = List.copyOf(taints);
        requireNonNull(allocatable, "allocatable is null");
        images = Map.copyOf(images);
    }
}
