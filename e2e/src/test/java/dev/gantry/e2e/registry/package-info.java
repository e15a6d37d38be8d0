/** The cluster's registry between real processes: what is pushed, what is pulled, and what another project's client makes of it. */
@NullMarked
package dev.gantry.e2e.registry;

import org.jspecify.annotations.NullMarked;
