/**
 * Docker's path patterns and {@code .dockerignore}: the client leaves out what a builder would not see, and the builder does the same for contexts that
 * come another way. Both must mean the same by a line.
 */
@NullMarked
package dev.gantry.common.ignore;

import org.jspecify.annotations.NullMarked;
