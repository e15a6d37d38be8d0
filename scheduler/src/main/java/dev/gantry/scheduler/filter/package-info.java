/** The hard rules of placement, one class each. A filter says why with a constant reason and the numbers; it never ranks. */
@NullMarked
package dev.gantry.scheduler.filter;

import org.jspecify.annotations.NullMarked;
