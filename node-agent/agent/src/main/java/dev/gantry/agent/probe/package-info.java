/**
 * Whether a container is well: checks by command, HTTP and TCP, with deadlines and thresholds. Also what hooks do, which is the same. Knows no pod and
 * restarts nothing.
 */
@NullMarked
package dev.gantry.agent.probe;

import org.jspecify.annotations.NullMarked;
