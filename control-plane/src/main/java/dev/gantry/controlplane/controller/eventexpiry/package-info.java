/** Events are kept for an hour after they last happened. */
@NullMarked
package dev.gantry.controlplane.controller.eventexpiry;

import org.jspecify.annotations.NullMarked;
