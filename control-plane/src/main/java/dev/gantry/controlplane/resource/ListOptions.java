package dev.gantry.controlplane.resource;

import dev.gantry.controlplane.resource.select.FieldSelector;
import dev.gantry.controlplane.resource.select.LabelSelector;
import org.jspecify.annotations.Nullable;

/**
 * Which objects of a resource, as of when.
 *
 * @param labels selects by labels
 * @param fields selects by fields
 * @param limit at most this many; 0 for all
 * @param continueToken where the last page ended; null for the beginning
 * @param resourceVersion null for now; "0" for what the cache holds; else see {@code exact}
 * @param exact whether the list must be of exactly {@code resourceVersion}; otherwise of that or later
 */
public record ListOptions(
        LabelSelector labels,
        FieldSelector fields,
        int limit,
        @Nullable String continueToken,
        @Nullable String resourceVersion,
        boolean exact) {
    public static final ListOptions ALL =
            new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, 0, null, null, false);

    boolean selects() {
        return !labels.requirements().isEmpty() || !fields.requirements().isEmpty();
    }
}
