/** Who leads: epochs in the store, won and lost; the leader-only parts of the control plane are started and stopped from here. */
@NullMarked
package dev.gantry.controlplane.leader;

import org.jspecify.annotations.NullMarked;
