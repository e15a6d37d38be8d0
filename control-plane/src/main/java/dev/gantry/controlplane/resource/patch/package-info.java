/** The patch formats of the API, as pure functions over JSON trees. None changes its input. */
@NullMarked
package dev.gantry.controlplane.resource.patch;

import org.jspecify.annotations.NullMarked;
