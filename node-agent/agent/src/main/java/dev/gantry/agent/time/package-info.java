/**
 * Time as the agent's parts are given it, so that their tests run on time of their own.
 */
@NullMarked
package dev.gantry.agent.time;

import org.jspecify.annotations.NullMarked;
