/** Scenarios of the small controllers that keep the cluster tidy. */
package dev.gantry.controlplane.controller.upkeep;
