/** What the long-running processes have in common in how they start and end. */
@NullMarked
package dev.gantry.common.process;

import org.jspecify.annotations.NullMarked;
