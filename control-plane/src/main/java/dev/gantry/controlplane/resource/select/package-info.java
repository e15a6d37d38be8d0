/** Label and field selectors, as clients write them in queries and as objects carry them. Pure functions over JSON trees. */
@NullMarked
package dev.gantry.controlplane.resource.select;

import org.jspecify.annotations.NullMarked;
