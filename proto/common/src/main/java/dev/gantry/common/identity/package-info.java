/**
 * Who a process is: keys, certificates of the cluster's own authority, certificate requests and join tokens. Knows files and X.509, no network and no
 * store; what a name is allowed to do is decided elsewhere.
 */
@NullMarked
package dev.gantry.common.identity;

import org.jspecify.annotations.NullMarked;
