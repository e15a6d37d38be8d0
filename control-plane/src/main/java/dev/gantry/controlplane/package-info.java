/**
 * The control plane's process: its main class and how its parts are wired. Everything else has a package of its own.
 */
@NullMarked
package dev.gantry.controlplane;

import org.jspecify.annotations.NullMarked;
