package dev.gantry.controlplane.membership;

import dev.gantry.controlplane.zookeeper.QuorumMember;

/** Where the member of the quorum of a control plane listens: on the three ports that follow the API's. Pure. */
final class Members {
    private Members() {}

    /** @param address host:port of the API */
    static QuorumMember at(int id, String address) {
        int colon = address.lastIndexOf(':');
        int port = Integer.parseInt(address.substring(colon + 1));
        return new QuorumMember(id, address.substring(0, colon), port + 1, port + 2, false, port + 3);
    }
}
