/** What both ends of a strategic merge patch must know: the command line, which makes them, and the API, which applies them. */
@NullMarked
package dev.gantry.common.patch;

import org.jspecify.annotations.NullMarked;
