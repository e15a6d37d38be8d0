package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * A port of the node itself.
 *
 * @param address empty, {@code 0.0.0.0} or {@code ::} for every address of the node
 * @param protocol TCP, UDP or SCTP
 */
public record HostPort(String address, String protocol, int port) {
    public HostPort {
        requireNonNull(address, "address is null");
        requireNonNull(protocol, "protocol is null");
    }

    public boolean conflictsWith(HostPort other) {
        return port == other.port
                && protocol.equals(other.protocol)
                && (everyAddress() || other.everyAddress() || address.equals(other.address));
    }

    private boolean everyAddress() {
        return address.isEmpty() || address.equals("0.0.0.0") || address.equals("::");
    }

    @Override
    public String toString() {
        return (everyAddress() ? "" : address + ":") + port + "/" + protocol;
    }
}
