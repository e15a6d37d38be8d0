/** The model classes of our own group, {@code gantry.dev}. Plain data. */
@NullMarked
package dev.gantry.controlplane.resource.model;

import org.jspecify.annotations.NullMarked;
