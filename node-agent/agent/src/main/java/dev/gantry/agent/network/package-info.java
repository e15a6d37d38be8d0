/**
 * Pod addresses, routes, Services, node ports and DNS of one host. Knows no pod beyond its uid and addresses. What the kernel shall hold is computed by
 * pure classes; {@link dev.gantry.agent.network.KernelTables} and {@link dev.gantry.agent.network.PodLink} carry it out.
 */
@NullMarked
package dev.gantry.agent.network;

import org.jspecify.annotations.NullMarked;
