/**
 * Control groups of version 1, 2 and both at once behind one interface. The layout is detected, never configured; no limit or name is decided here.
 */
@NullMarked
package dev.gantry.linux.cgroup;

import org.jspecify.annotations.NullMarked;
