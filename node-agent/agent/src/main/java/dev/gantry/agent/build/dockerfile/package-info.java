/**
 * The Dockerfile language as pure functions of text: lines, words, expansion, instructions and stages. No I/O, and no knowledge of images or layers. Rules
 * are those of the Dockerfile reference of the Docker project.
 */
@NullMarked
package dev.gantry.agent.build.dockerfile;

import org.jspecify.annotations.NullMarked;
