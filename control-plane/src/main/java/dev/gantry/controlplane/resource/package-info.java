/**
 * The generic resource engine: the table of kinds, and create, update, patch and delete with admission, for HTTP and controllers alike. It works on
 * JSON trees and knows no kind by name, except through the table. HTTP lives in {@code api}.
 */
@NullMarked
package dev.gantry.controlplane.resource;

import org.jspecify.annotations.NullMarked;
