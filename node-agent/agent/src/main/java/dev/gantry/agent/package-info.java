/**
 * The agent's process: its main class and how its parts are wired. Everything else has a package of its own.
 */
@NullMarked
package dev.gantry.agent;

import org.jspecify.annotations.NullMarked;
