/**
 * Streams between a user and a node: the user's request waits here with a single-use ticket until the agent dials in, then both ends are joined. Knows
 * neither HTTP (see {@code api}) nor which node session is open (see {@code dispatch}).
 */
@NullMarked
package dev.gantry.controlplane.stream;

import org.jspecify.annotations.NullMarked;
