/**
 * Machines for scenarios: a network namespace with its own state, run directory and cgroup tree, on which the real command line is run.
 */
@NullMarked
package dev.gantry.e2e.host;

import org.jspecify.annotations.NullMarked;
