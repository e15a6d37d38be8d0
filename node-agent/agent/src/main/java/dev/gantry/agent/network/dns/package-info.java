/**
 * DNS for pods: names of the cluster from the service table, all others from the host's name servers. Answers only on the address that it is given; knows
 * nothing of the kernel beyond the namespace its sockets are opened in.
 */
@NullMarked
package dev.gantry.agent.network.dns;

import org.jspecify.annotations.NullMarked;
