/**
 * Placement as pure functions: no I/O, no clock, no threads, no ZooKeeper and no Kubernetes JSON may come in here.
 */
@NullMarked
package dev.gantry.scheduler;

import org.jspecify.annotations.NullMarked;
