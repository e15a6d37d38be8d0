/**
 * The agent's end of the wire: joining, the session to the leader, tickets and the streams they open, epochs.
 */
@NullMarked
package dev.gantry.agent.session;

import org.jspecify.annotations.NullMarked;
