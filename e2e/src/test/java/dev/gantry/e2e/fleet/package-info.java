/** Scenarios of several hosts: networks between them, nodes that are cut off, reboot, are drained or fenced. */
@NullMarked
package dev.gantry.e2e.fleet;

import org.jspecify.annotations.NullMarked;
