/**
 * Kubernetes' REST API over the resource engine: paths and queries to engine calls, and objects to answers, tables and watches; the streams of pods and
 * builds; discovery. No rule of a kind lives here.
 */
@NullMarked
package dev.gantry.controlplane.api;

import org.jspecify.annotations.NullMarked;
