/**
 * The agent's process: its command line, and the order in which the rooms of this host are opened, joined and left. No work of its own: what is done to pods, images or networks lives in
 * the packages beneath.
 */
@NullMarked
package dev.gantry.agent;

import org.jspecify.annotations.NullMarked;
