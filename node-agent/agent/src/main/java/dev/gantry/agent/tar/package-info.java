/**
 * The tar format (POSIX pax with ustar headers), read strictly and within limits, written the same way for the same files. Streams only: files belong to the callers.
 */
@NullMarked
package dev.gantry.agent.tar;

import org.jspecify.annotations.NullMarked;
