/**
 * EndpointSlices from Services with a selector. A pod leaves its slices the moment its deletion is asked for, before it is told to stop, so that no node
 * sends it a new connection while it ends.
 */
@NullMarked
package dev.gantry.controlplane.controller.endpointslice;

import org.jspecify.annotations.NullMarked;
