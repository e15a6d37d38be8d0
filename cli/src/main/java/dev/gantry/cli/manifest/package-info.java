/**
 * Manifests: files to objects with positions, apply and delete, and server errors brought back to the line that caused them.
 */
@NullMarked
package dev.gantry.cli.manifest;

import org.jspecify.annotations.NullMarked;
