/**
 * The images of this host and the cluster's registry: what is built here is pushed, what is wanted here is pulled. It knows no pod and no build.
 */
@NullMarked
package dev.gantry.agent.registry;

import org.jspecify.annotations.NullMarked;
