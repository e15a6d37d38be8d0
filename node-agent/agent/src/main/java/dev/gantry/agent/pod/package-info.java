/**
 * Pods: a worker for each takes it through ordered, idempotent, persisted steps. Converts wire messages to the records of the other packages.
 */
@NullMarked
package dev.gantry.agent.pod;

import org.jspecify.annotations.NullMarked;
