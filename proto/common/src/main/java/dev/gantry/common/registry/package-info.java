/**
 * The client's side of the OCI distribution specification, and what manifests say. For the agent and for control planes among each other; it knows no store
 * and keeps no file.
 */
@NullMarked
package dev.gantry.common.registry;

import org.jspecify.annotations.NullMarked;
