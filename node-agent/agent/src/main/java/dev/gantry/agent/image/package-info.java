/**
 * The content-addressed image store of one host: manifests, configurations, unpacked layers, names, and collection of what nothing uses.
 */
@NullMarked
package dev.gantry.agent.image;

import org.jspecify.annotations.NullMarked;
