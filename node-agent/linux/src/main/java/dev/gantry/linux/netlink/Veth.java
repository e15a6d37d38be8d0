package dev.gantry.linux.netlink;

import static java.util.Objects.requireNonNull;

/**
 * A pair of virtual links (veth(4)) to be made: one end here, its peer in another namespace. Both are made down: a peer that is made up fails with
 * ENOTCONN.
 *
 * @param name at most 15 characters, of the near end
 * @param peerName of the far end
 * @param mtu bytes, of both
 */
public record Veth(
        String name,
        String hardwareAddress,
        String peerName,
        String peerHardwareAddress,
        NetworkNamespace peer,
        int mtu) {
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int VETH_INFO_PEER = 1;

    public Veth {
        requireNonNull(name, "name is null");
        requireNonNull(hardwareAddress, "hardwareAddress is null");
        requireNonNull(peerName, "peerName is null");
        requireNonNull(peerHardwareAddress, "peerHardwareAddress is null");
        requireNonNull(peer, "peer is null");
    }

    void write(MessageWriter out) {
        RouteSocket.linkHeader(out, 0, 0, 0);
        out.string(IFLA_IFNAME, name).u32(IFLA_MTU, mtu).attribute(IFLA_ADDRESS, RouteSocket.hardware(hardwareAddress));
        int info = out.nest(IFLA_LINKINFO);
        out.string(IFLA_INFO_KIND, "veth");
        int data = out.nest(IFLA_INFO_DATA);
        int far = out.nest(VETH_INFO_PEER);
        RouteSocket.linkHeader(out, 0, 0, 0);
        out.string(IFLA_IFNAME, peerName)
                .u32(IFLA_MTU, mtu)
                .attribute(IFLA_ADDRESS, RouteSocket.hardware(peerHardwareAddress))
                .u32(IFLA_NET_NS_FD, peer.descriptor())
                .endNest(far)
                .endNest(data)
                .endNest(info);
    }
}
