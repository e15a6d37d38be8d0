/**
 * References to images and the digests that they resolve to, as text. What an image is made of belongs to the agent.
 */
@NullMarked
package dev.gantry.common.image;

import org.jspecify.annotations.NullMarked;
