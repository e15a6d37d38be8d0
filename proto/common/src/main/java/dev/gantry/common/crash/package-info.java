/**
 * Named places at which a test ends the process, or pretends to. Every persisted step of the agent and every write of the store has one. Nothing here
 * knows what the steps are.
 */
@NullMarked
package dev.gantry.common.crash;

import org.jspecify.annotations.NullMarked;
