package dev.gantry.linux.netlink;

import java.util.HexFormat;

/** An entry of a link's neighbour table (arp(7)). @param hardwareAddress colon-separated */
public record Neighbour(int link, String address, String hardwareAddress, boolean permanent) {
    static final int NDA_DST = 1;
    static final int NDA_LLADDR = 2;
    static final int NUD_PERMANENT = 0x80;
    static final int FIXED = 12;

    /** @throws IllegalArgumentException when the message is malformed */
    static Neighbour parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(FIXED);
        return new Neighbour(
                message.body().getInt(4),
                attributes.ipv4(NDA_DST),
                HexFormat.ofDelimiter(":").formatHex(attributes.bytes(NDA_LLADDR)),
                (message.body().getShort(8) & NUD_PERMANENT) != 0);
    }
}
