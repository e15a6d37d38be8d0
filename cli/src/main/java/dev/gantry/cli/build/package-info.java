/**
 * Building images: the context as a tar stream up, progress down; and the list of images.
 */
@NullMarked
package dev.gantry.cli.build;

import org.jspecify.annotations.NullMarked;
