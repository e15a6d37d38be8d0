/**
 * The only code that touches the kernel, through jnr-ffi and jnr-posix. It holds mechanism; policy lives in the agent.
 */
@NullMarked
package dev.gantry.linux;

import org.jspecify.annotations.NullMarked;
