/**
 * Care for the nodes of a cluster, over the API: keep pods away, move them, and say that a host is certainly off.
 */
@NullMarked
package dev.gantry.cli.node;

import org.jspecify.annotations.NullMarked;
