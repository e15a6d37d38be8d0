/**
 * Reading the logs that the launcher writes: lines in CRI format, over rotated files. Knows no pod.
 */
@NullMarked
package dev.gantry.agent.container.log;

import org.jspecify.annotations.NullMarked;
