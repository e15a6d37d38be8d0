/** What a person gets wrong: each mistake one clear error that says what to do, and nothing changed. */
@NullMarked
package dev.gantry.e2e.input;

import org.jspecify.annotations.NullMarked;
