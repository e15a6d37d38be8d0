/** Defaults and validation of every built-in kind: pure functions over JSON trees. Nothing in here reads the store or the clock. */
@NullMarked
package dev.gantry.controlplane.resource.admission;

import org.jspecify.annotations.NullMarked;
