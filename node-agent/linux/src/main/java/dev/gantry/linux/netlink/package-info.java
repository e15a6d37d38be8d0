/**
 * rtnetlink and conntrack over jnr-ffi: links, addresses, routes, neighbours, rules and network namespaces. Mechanism only: which link or route a
 * host needs is decided by the agent. Native calls never run on virtual threads, wherever they are called from.
 */
@NullMarked
package dev.gantry.linux.netlink;

import org.jspecify.annotations.NullMarked;
