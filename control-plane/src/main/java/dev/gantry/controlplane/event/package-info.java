/** Kubernetes events: how what happened becomes an Event object, for everybody who has something to tell. Who tells what is decided elsewhere. */
@NullMarked
package dev.gantry.controlplane.event;

import org.jspecify.annotations.NullMarked;
