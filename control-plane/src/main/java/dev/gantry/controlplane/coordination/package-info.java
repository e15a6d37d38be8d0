/**
 * What makes this control plane one of a cluster, put together: the embedded server or an external ensemble, the store, leadership and the purge of
 * tombstones. The only place that knows all of them.
 */
@NullMarked
package dev.gantry.controlplane.coordination;

import org.jspecify.annotations.NullMarked;
