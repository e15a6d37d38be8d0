/**
 * From a Dockerfile and a context to an image in the store: parser, stages, instruction cache, and RUN steps as containers.
 */
@NullMarked
package dev.gantry.agent.build;

import org.jspecify.annotations.NullMarked;
