/**
 * The cluster itself: up, down, status, quickstart, tokens and nodes. Starts processes; never imports their code.
 */
@NullMarked
package dev.gantry.cli.cluster;

import org.jspecify.annotations.NullMarked;
