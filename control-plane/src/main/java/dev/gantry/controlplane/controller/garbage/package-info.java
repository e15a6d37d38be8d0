/** Garbage collection by owner references, by uid: background, foreground and orphan, for every kind in the table. */
@NullMarked
package dev.gantry.controlplane.controller.garbage;

import org.jspecify.annotations.NullMarked;
