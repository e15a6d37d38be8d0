/**
 * The launcher, the small C program that is each container's parent, seen from Java: its orders, its start, its control socket, and its other mode, the namespace holder.
 */
@NullMarked
package dev.gantry.linux.launcher;

import org.jspecify.annotations.NullMarked;
