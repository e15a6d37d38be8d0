/**
 * What all controllers share: the work queue with back-off per key, the wait for one's own last write, the execution of planned actions under the
 * term's fence with named crash points, events, and the rules of ownership. No rule of any one kind lives here.
 */
@NullMarked
package dev.gantry.controlplane.controller.runtime;

import org.jspecify.annotations.NullMarked;
