/**
 * Verbs that show objects: get and describe, tables and YAML.
 */
@NullMarked
package dev.gantry.cli.show;

import org.jspecify.annotations.NullMarked;
