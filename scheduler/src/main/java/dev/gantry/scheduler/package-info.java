/**
 * Placement as pure functions: no I/O, no clock, no threads, no ZooKeeper and no Kubernetes JSON may come in here. A {@link
 * dev.gantry.scheduler.Snapshot} and pending pods go in, {@link dev.gantry.scheduler.Placement}s come out; the same input and seed give the same
 * output.
 */
@NullMarked
package dev.gantry.scheduler;

import org.jspecify.annotations.NullMarked;
