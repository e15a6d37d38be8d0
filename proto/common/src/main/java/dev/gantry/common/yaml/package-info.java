/** YAML as Kubernetes users write it, read into JSON trees that still know the line and column of every field. No object model comes in here. */
@NullMarked
package dev.gantry.common.yaml;

import org.jspecify.annotations.NullMarked;
