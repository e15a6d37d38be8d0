/**
 * SPDY/3.1 as Kubernetes' clients speak it: several streams over one connection, whatever carries its bytes. Knows nothing of pods.
 */
@NullMarked
package dev.gantry.controlplane.api.spdy;

import org.jspecify.annotations.NullMarked;
