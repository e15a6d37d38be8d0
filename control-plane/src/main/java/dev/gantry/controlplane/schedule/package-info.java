/**
 * Scheduling: keeps the pods that wait for a node, turns Kubernetes' objects into the {@code scheduler} module's records, commits its placements in
 * batches, and tells users why a pod waits. No placement rule lives here.
 */
@NullMarked
package dev.gantry.controlplane.schedule;

import org.jspecify.annotations.NullMarked;
