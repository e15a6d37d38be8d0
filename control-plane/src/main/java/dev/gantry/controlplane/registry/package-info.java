/**
 * The cluster's registry: the OCI distribution endpoint (/v2/) and the content that lies behind it on this control plane's disk. What an image's name means is
 * not kept here but in the Image objects ({@link dev.gantry.controlplane.registry.ImageNames}).
 */
@NullMarked
package dev.gantry.controlplane.registry;

import org.jspecify.annotations.NullMarked;
