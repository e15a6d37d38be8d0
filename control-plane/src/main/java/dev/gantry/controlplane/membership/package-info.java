/**
 * The control planes of a cluster: who they are, how another one joins and gets what they share, and the quorum that their embedded servers form.
 */
@NullMarked
package dev.gantry.controlplane.membership;

import org.jspecify.annotations.NullMarked;
