/** That pages of {@code docs/} say what is so. */
@NullMarked
package dev.gantry.e2e.docs;

import org.jspecify.annotations.NullMarked;
