/**
 * Verbs that change how many and which version: scale and rollout.
 */
@NullMarked
package dev.gantry.cli.rollout;

import org.jspecify.annotations.NullMarked;
