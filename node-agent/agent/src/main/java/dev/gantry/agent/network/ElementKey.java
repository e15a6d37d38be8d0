package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.linux.nftables.Concatenation;
import dev.gantry.linux.nftables.SetElement;

/**
 * The key of an element of one of our maps.
 *
 * @param address empty where the map's key has none
 * @param port 0 where it has none
 * @param slot 0 where it has none
 */
record ElementKey(Table map, String address, Transport transport, int port, int slot) {
    ElementKey {
        requireNonNull(map, "map is null");
        requireNonNull(address, "address is null");
        requireNonNull(transport, "transport is null");
    }

    /** The maps of the base ruleset. */
    enum Table {
        /** Service address, protocol, port → the chain for its number of slots. */
        SERVICES("services"),
        /** Service address, protocol, port, slot → address, port. */
        ENDPOINTS("endpoints"),
        /** Protocol, port → the chain for its number of slots. */
        NODE_PORTS("node_ports"),
        /** Protocol, port, slot → address, port. */
        NODE_PORT_ENDPOINTS("node_port_endpoints"),
        /** Protocol, port → address, port. */
        HOST_PORTS("host_ports"),
        /** Host address, protocol, port → address, port. */
        HOST_ADDRESS_PORTS("host_address_ports"),
        /** Pod address twice: packets that a pod sends to itself through a service. */
        HAIRPIN("hairpin");

        private final String text;

        Table(String text) {
            this.text = text;
        }

        /** Its name in the kernel. */
        String text() {
            return text;
        }

        /** Whether elements are found by way of another map, and so must outlive that one's. */
        boolean secondary() {
            return this == ENDPOINTS || this == NODE_PORT_ENDPOINTS;
        }
    }

    static ElementKey service(String address, Transport transport, int port) {
        return new ElementKey(Table.SERVICES, address, transport, port, 0);
    }

    static ElementKey endpoint(String address, Transport transport, int port, int slot) {
        return new ElementKey(Table.ENDPOINTS, address, transport, port, slot);
    }

    static ElementKey nodePort(Transport transport, int port) {
        return new ElementKey(Table.NODE_PORTS, "", transport, port, 0);
    }

    static ElementKey nodePortEndpoint(Transport transport, int port, int slot) {
        return new ElementKey(Table.NODE_PORT_ENDPOINTS, "", transport, port, slot);
    }

    static ElementKey hostPort(String hostAddress, Transport transport, int port) {
        return new ElementKey(
                hostAddress.isEmpty() ? Table.HOST_PORTS : Table.HOST_ADDRESS_PORTS, hostAddress, transport, port, 0);
    }

    static ElementKey hairpin(String podAddress) {
        return new ElementKey(Table.HAIRPIN, podAddress, Transport.TCP, 0, 0);
    }

    SetElement element(SetElement.Data data) {
        Concatenation key = new Concatenation();
        switch (map) {
            case SERVICES, HOST_ADDRESS_PORTS ->
                key.address(address).protocol(protocol()).port(port);
            case ENDPOINTS ->
                key.address(address).protocol(protocol()).port(port).number(slot);
            case NODE_PORTS, HOST_PORTS -> key.protocol(protocol()).port(port);
            case NODE_PORT_ENDPOINTS -> key.protocol(protocol()).port(port).number(slot);
            case HAIRPIN -> key.address(address).address(address);
        }
        return new SetElement(key.toBytes(), data);
    }

    private int protocol() {
        return transport == Transport.TCP ? 6 : 17;
    }

    static SetElement.Data target(String address, int port) {
        return new SetElement.Value(
                new Concatenation().address(address).port(port).toBytes());
    }
}
