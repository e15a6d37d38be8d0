package dev.gantry.linux.netlink;

/** An IPv4 address of a link. @param prefix its length in bits */
public record InterfaceAddress(int link, String address, int prefix) {
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    static final int FIXED = 8;

    /** @throws IllegalArgumentException when the message is malformed */
    static InterfaceAddress parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(FIXED);
        String local = attributes.ipv4(IFA_LOCAL);
        return new InterfaceAddress(
                message.body().getInt(4),
                local.isEmpty() ? attributes.ipv4(IFA_ADDRESS) : local,
                message.body().get(1) & 0xff);
    }
}
