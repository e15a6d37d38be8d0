/** The end of a namespace: everything in it first, then itself. */
@NullMarked
package dev.gantry.controlplane.controller.namespace;

import org.jspecify.annotations.NullMarked;
