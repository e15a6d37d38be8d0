/**
 * Holds crash points to their promise: every one is listed, and none is in the code at which no test has failed. What the tests do there is the business
 * of their rooms.
 */
@NullMarked
package dev.gantry.e2e.crash;

import org.jspecify.annotations.NullMarked;
