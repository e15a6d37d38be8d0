/** The ServiceAccount {@code default} that every namespace has. */
@NullMarked
package dev.gantry.controlplane.controller.serviceaccount;

import org.jspecify.annotations.NullMarked;
