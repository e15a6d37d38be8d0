/** The verbs of {@code gantry}, as people type them, and what they see. What they get wrong is in {@code input}. */
@NullMarked
package dev.gantry.e2e.cli;

import org.jspecify.annotations.NullMarked;
