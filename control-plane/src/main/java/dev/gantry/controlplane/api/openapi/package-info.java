/**
 * OpenAPI documents (versions 2 and 3) of what is served, made from the table of kinds and its model classes when somebody asks. Knows no kind by name.
 */
@NullMarked
package dev.gantry.controlplane.api.openapi;

import org.jspecify.annotations.NullMarked;
