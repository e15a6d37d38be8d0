/** The built-in kinds as data, with the columns that clients print. */
@NullMarked
package dev.gantry.controlplane.resource.kind;

import org.jspecify.annotations.NullMarked;
