/**
 * Pod addresses, routes, Services, node ports and DNS of one host. Knows no pod beyond its uid and addresses.
 */
@NullMarked
package dev.gantry.agent.network;

import org.jspecify.annotations.NullMarked;
