/** Kubernetes' own command line, unmodified, against a cluster of Gantry's: what its users type and see. */
@NullMarked
package dev.gantry.e2e.kubectl;

import org.jspecify.annotations.NullMarked;
