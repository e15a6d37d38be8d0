/**
 * What becomes of a cluster whose processes are killed, whose data are lost, and which is taken down: real processes, real deaths.
 */
@NullMarked
package dev.gantry.e2e.failure;

import org.jspecify.annotations.NullMarked;
