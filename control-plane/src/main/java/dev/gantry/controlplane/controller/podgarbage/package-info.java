/** Pods of nodes that are no longer part of the cluster: nobody will ever report their end. */
@NullMarked
package dev.gantry.controlplane.controller.podgarbage;

import org.jspecify.annotations.NullMarked;
