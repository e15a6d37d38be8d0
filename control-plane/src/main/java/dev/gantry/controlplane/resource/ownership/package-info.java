/**
 * Who owns which field of an object (Kubernetes, "Server-Side Apply"): sets of fields, how they change with an object, and applying a configuration
 * without taking what is another's. Pure functions over JSON trees; none changes its input.
 */
@NullMarked
package dev.gantry.controlplane.resource.ownership;

import org.jspecify.annotations.NullMarked;
