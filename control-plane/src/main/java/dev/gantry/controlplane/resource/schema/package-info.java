/** What fields a kind has, read from its model class: finds unknown fields and wrong types before anything else looks at an object. */
@NullMarked
package dev.gantry.controlplane.resource.schema;

import org.jspecify.annotations.NullMarked;
