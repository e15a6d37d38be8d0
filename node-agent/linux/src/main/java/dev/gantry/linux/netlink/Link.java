package dev.gantry.linux.netlink;

import java.util.HexFormat;

/**
 * A network link.
 *
 * @param hardwareAddress colon-separated; empty for a link without one
 * @param mtu bytes
 */
public record Link(int index, String name, boolean up, boolean loopback, int mtu, String hardwareAddress) {
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFF_UP = 1;
    private static final int IFF_LOOPBACK = 8;
    static final int FIXED = 16;

    /** @throws IllegalArgumentException when the message is malformed */
    static Link parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(FIXED);
        int flags = message.body().getInt(8);
        byte[] hardware = attributes.bytes(IFLA_ADDRESS);
        return new Link(
                message.body().getInt(4),
                attributes.string(IFLA_IFNAME),
                (flags & IFF_UP) != 0,
                (flags & IFF_LOOPBACK) != 0,
                attributes.u32(IFLA_MTU, 0),
                HexFormat.ofDelimiter(":").formatHex(hardware));
    }
}
