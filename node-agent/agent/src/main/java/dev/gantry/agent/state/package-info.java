/**
 * Files in which the agent keeps what it must not forget: versioned, checked, replaced atomically. What they say is their owners' business.
 */
@NullMarked
package dev.gantry.agent.state;

import org.jspecify.annotations.NullMarked;
