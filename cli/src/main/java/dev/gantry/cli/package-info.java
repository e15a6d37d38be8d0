/**
 * The command line's entry and what all its verbs share.
 */
@NullMarked
package dev.gantry.cli;

import org.jspecify.annotations.NullMarked;
