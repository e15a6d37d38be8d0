/**
 * The volumes of a pod on this host: emptyDir, hostPath, and files that are swapped atomically.
 */
@NullMarked
package dev.gantry.agent.volume;

import org.jspecify.annotations.NullMarked;
