/**
 * Single containers: start, adopt, stop, pause, exec, attach, logs and exit records, over the launcher. Knows no pod and no wire message.
 */
@NullMarked
package dev.gantry.agent.container;

import org.jspecify.annotations.NullMarked;
