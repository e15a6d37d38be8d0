/** What was meant by a word that is not known. */
@NullMarked
package dev.gantry.common.spelling;

import org.jspecify.annotations.NullMarked;
