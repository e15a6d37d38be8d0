/**
 * Verbs that join a person's terminal to a container: logs, exec and attach.
 */
@NullMarked
package dev.gantry.cli.stream;

import org.jspecify.annotations.NullMarked;
