/**
 * The cluster's authority and what it vouches for: server, administrator and node certificates, and join tokens. Who may do what with an identity is
 * decided by the authorizer, not here.
 */
@NullMarked
package dev.gantry.controlplane.identity;

import org.jspecify.annotations.NullMarked;
