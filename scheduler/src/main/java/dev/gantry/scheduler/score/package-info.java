/** The soft rules of placement, one class each. A score ranks nodes that fit from 0 to 100; it never refuses. */
@NullMarked
package dev.gantry.scheduler.score;

import org.jspecify.annotations.NullMarked;
