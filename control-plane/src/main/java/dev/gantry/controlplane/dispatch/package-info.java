/**
 * The leader's side of the wire: bound pods become assignments, files and service tables for nodes, and what nodes report becomes status, Node and Event
 * objects. Everything here works for one reign and holds nothing that another leader could not find out again.
 */
@NullMarked
package dev.gantry.controlplane.dispatch;

import org.jspecify.annotations.NullMarked;
